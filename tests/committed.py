"""The Plans of the committed specs, for tests that want what people really run."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

from sparkc.cli.toolbox import toolbox
from sparkc.driver import compile_spec
from sparkc.plan import Plan
from sparkc.source.project import Plugins

REPOSITORY = Path(__file__).parent.parent
TODAY = datetime.date(2026, 11, 20)


@cache
def committed(name: str, variant: str | None = None, change: str = "{}") -> Plan:
    """Return the Plan of `specs/<name>.yaml`, or of one of its variants, with a YAML text laid over it."""
    compilation = compile_spec(
        REPOSITORY / "specs" / f"{name}.yaml", REPOSITORY, toolbox(Plugins()), TODAY, changes={"change": change}
    )
    [plan] = [launch.plan for launch in compilation.launches if launch.variant == variant]
    assert plan is not None
    return plan


def launches() -> list[tuple[str, str | None]]:
    """Return every committed launch: the name of its spec, and its variant."""
    plans = (REPOSITORY / "generated").glob("**/plan.json")
    folders = sorted(path.parent.relative_to(REPOSITORY / "generated").parts for path in plans)
    return [(name, variant[0] if variant else None) for name, *variant in folders]
