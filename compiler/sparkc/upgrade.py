"""What another engine version would break or change in a spec that is fine today."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sparkc.catalog.difference import difference
from sparkc.catalog.engine import find_engine
from sparkc.catalog.entries import Json
from sparkc.driver import Compilation, Launch
from sparkc.findings import Finding, Severity, in_reading_order
from sparkc.plan import Plan
from sparkc.resolve.other_version import VERSION


def caused_by_upgrade(now: Compilation, then: Compilation) -> list[Finding]:
    """Return what is found with the other version and not with the pinned one, and defaults that would move.

    Args:
        now: the spec as it stands.
        then: the same spec with the other version pinned.
    """
    known = {(finding.rule, finding.key, finding.variant) for finding in now.findings}
    new = [finding for finding in then.findings if (finding.rule, finding.key, finding.variant) not in known]
    before = {launch.variant: launch for launch in now.launches}
    for launch in then.launches:
        new += _moved_defaults(before[launch.variant], launch, then) if launch.variant in before else ()
    return in_reading_order(new)


def _moved_defaults(now: Launch, then: Launch, compilation: Compilation) -> Iterator[Finding]:
    """Yield one note about all flags and variables that nobody sets and whose default is another one then."""
    if now.plan is None or then.plan is None:
        return
    old, new = (find_engine(plan.engine, plan.engine_version or "unknown") for plan in (now.plan, then.plan))
    if old is None or new is None:
        return
    said = _said(then.plan)
    moved = [
        f"{moved.name} {_shown(moved.before)} -> {_shown(moved.after)}"
        for moved in difference(old.catalog, new.catalog).defaults
        if moved.name not in said and "." not in moved.name
    ]
    if moved:
        yield Finding(
            "defaults-moved",
            Severity.NOTE,
            f"{len(moved)} defaults that this launch leaves to the engine are other ones in {new.catalog.version} than "
            f"in {old.catalog.version}: {', '.join(moved)}",
            compilation.version_span,
            VERSION,
            help="what must stay as it is, say in args or env",
            variant=then.variant,
        )


def _said(plan: Plan) -> set[str]:
    """Return the flags and variables that the head's engine is given."""
    container = plan.head.containers[0]
    engine = container.processes[-1]
    return {setting.key for setting in (*engine.arguments, *engine.environment, *container.environment)}


def _shown(value: Json) -> str:
    return "(decided at start)" if value is None else json.dumps(value)
