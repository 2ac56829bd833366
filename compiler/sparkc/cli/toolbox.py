"""Put together what a compilation is done with: our rules and targets, and plug-ins that the project names."""

from __future__ import annotations

from typing import Any

from sparkc.artifact import Target
from sparkc.driver import Toolbox
from sparkc.findings import SparkcError
from sparkc.rules import load_rules
from sparkc.rules.rule import Rule
from sparkc.source.project import Plugins
from sparkc_targets import load_targets
from sparkc_targets.runbook import render_common


def toolbox(plugins: Plugins) -> Toolbox:
    """Return all rules and targets.

    Raises:
        SparkcError: the project names a plug-in that is not installed, or that is not what it says.
    """
    rules = [_plugin("sparkc.rules", name, Rule) for name in plugins.rules]
    targets = [_plugin("sparkc.targets", name, Target) for name in plugins.targets]
    return Toolbox((*load_rules(), *rules), (*load_targets(), *targets), render_common)


def _plugin(group: str, name: str, kind: type) -> Any:  # Any: an entry point holds whatever its author put there
    from importlib.metadata import entry_points

    found = list(entry_points(group=group, name=name))
    if not found:
        raise SparkcError(f"sparkc.toml names the plug-in `{name}`, but no installed package offers it in {group}")
    plugin = found[0].load()
    if not isinstance(plugin, kind):
        raise SparkcError(f"the plug-in `{name}` in {group} is not a {kind.__name__}")
    return plugin
