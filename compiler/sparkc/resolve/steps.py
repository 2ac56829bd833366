"""Decide what is done on a node outside the containers, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparkc.catalog.hardware import Tuning
from sparkc.plan import Step
from sparkc.resolve.draft import Draft, looked_up
from sparkc.resolve.facts import Facts

DROP_PAGE_CACHE = "drop-page-cache"


def decide_steps(draft: Draft) -> Draft:
    """Fill in each host's `steps`."""
    steps = tuple(_steps(draft))
    return replace(draft, hosts=tuple(replace(host, steps=steps) for host in draft.hosts))


def _steps(draft: Draft) -> Iterator[Step]:
    yield from (_tuning(tuning) for tuning in tunings(draft.facts))
    if draft.facts.is_unified:
        yield Step(
            name=DROP_PAGE_CACHE,
            trigger="every_start",
            as_root=True,
            argv=("sh", "-c", "sync && echo 3 > /proc/sys/vm/drop_caches"),
            says="dropping the page cache, so that the driver finds free memory",
            because=looked_up(
                "hardware",
                "weights of an earlier run stay in the page cache, in the very pool that the engine needs",
                "https://al-engr.com/minimax-m2.7-dual-spark.html",
            ),
        )


def tunings(facts: Facts) -> tuple[Tuning, ...]:
    """Return the settings of the host that are made: those of the machine, unless the author leaves the host alone."""
    if facts.hardware is None or facts.nodes.tuning is False:
        return ()
    return facts.hardware.tuning


def _tuning(tuning: Tuning) -> Step:
    # A reboot undoes them, and no container can make them: it has no power over the host's kernel.
    because = looked_up("hardware", tuning.reason, tuning.evidence.link)
    return Step(tuning.name, "up", as_root=True, argv=tuning.argv, says=tuning.says, because=because)
