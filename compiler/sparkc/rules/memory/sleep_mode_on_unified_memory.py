"""Sleep mode moves weights to host memory, which is the same memory."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--enable-sleep-mode"


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report an engine that may be put to sleep."""
    setting = engine_flags(plan).get(FLAG)
    if setting is not None:
        yield Complaint(
            place_of(facts, setting),
            f"found {FLAG}, wanted it left out: on unified memory the copy of the weights takes the same pool a second "
            "time",
        )


RULE = Rule(
    name="sleep-mode-on-unified-memory",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="waking the engine up can crash the machine",
    why="Sleep mode copies weights from accelerator to host memory and back. On unified memory both are one pool; the "
    "wake-up has taken whole hosts down.",
    help="remove it from args; stop the service instead, the compile cache makes the next start short",
    evidence=(Evidence("https://github.com/vllm-project/vllm/issues/50011", "the wake-up crashed the host on GB10"),),
    applies=lambda facts: facts.is_unified and facts.engine.name == "vllm",
    check=check,
    bad="args: {enable-sleep-mode: true}",
    good="args: {enable-sleep-mode: false}",
)
