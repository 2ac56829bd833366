"""Lay a fragment over one of the example specs and compile it, for tests of rules."""

from __future__ import annotations

import datetime
import textwrap
from pathlib import Path

import sparkc.rules
from sparkc.driver import Launch, Toolbox, compile_spec
from sparkc.rules import load_rules

RULES_FOLDER = Path(sparkc.rules.__file__).parent
TODAY = datetime.date(2026, 11, 20)


def launches(folder: Path, base: str, **fragments: str) -> dict[str, Launch]:
    """Compile an example spec with each fragment as a variant; the example alone is called `base`."""
    text = (RULES_FOLDER / "examples" / f"{base}.yaml").read_text(encoding="utf-8")
    text += "\nvariants:\n"
    for name, fragment in fragments.items():
        text += f"  {name}:\n" + textwrap.indent(fragment.strip("\n"), "    ") + "\n"
    spec = folder / "spec.yaml"
    spec.write_text(text, encoding="utf-8")
    compilation = compile_spec(spec, folder, Toolbox(load_rules(), (), lambda plan, findings: iter(())), TODAY)
    found = {launch.variant or "base": launch for launch in compilation.launches}
    # A fragment that the language refuses would make every comparison below true.
    assert all(launch.plan for launch in found.values()), [finding.message for finding in compilation.findings]
    assert len(found) == len(fragments) + 1
    return found


def rules_in(launch: Launch) -> set[str]:
    """Return the names of the rules that found something."""
    return {finding.rule for finding in launch.findings}


def compiled(folder: Path, fragment: str, base: str = "pair") -> Launch:
    """Compile one fragment over an example spec."""
    return launches(folder, base, it=fragment)["it"]
