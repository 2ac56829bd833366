"""Without a static fraction SGLang computes one for graphics cards."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.fit_word import MEMORY
from sparkc.resolve.proposals import Proposal
from sparkc.rules.command_line import engine_flags
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--mem-fraction-static"
KEY = ("serving", "memory", "mem_fraction_static")
PROVEN = 0.75
PROPOSED = 0.7
"""Less than what ran: SGLang has taken 25 GiB beside its pool on this machine (hasso5703/dgx-spark-qwen38)."""


def _settle(facts: Facts) -> Iterator[Proposal]:
    if MEMORY not in facts.fits:
        yield Proposal(
            KEY, PROPOSED, f"{PROVEN} has run on unified memory, where SGLang takes up to 25 GiB beside its pool"
        )


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    if FLAG not in engine_flags(plan) and MEMORY not in facts.fits:
        yield Complaint(
            KEY, f"found no static fraction, so SGLang computes one; wanted about {PROVEN} on unified memory"
        )


RULE = Rule(
    name="static-fraction-unset",
    severity=Severity.WARNING,
    failure=Failure.OOM,
    summary="the share of the memory is left to SGLang",
    why="SGLang leaves room for activations and graphs as it would on a card of its own. On unified memory that "
    "room is the host's, too: the node swaps, or the kernel ends processes, while the weights are still being "
    "read.",
    help="set serving.memory.mem_fraction_static",
    evidence=(
        Evidence("https://al-engr.com/minimax-sglang-debug.html", "wall 3: 0.75 instead of 0.85 on two Sparks"),
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.12, _handle_gpu_memory_settings: 1 - (512 MB + 1.5 x chunk + 2 x graph size + …) / memory",
        ),
        Evidence("https://github.com/vroomfondel/dgxarley", "TESTLOGS: 0.8 on four Sparks"),
    ),
    bad="args: {mem-fraction-static: null}",
    good="serving: {memory: {mem_fraction_static: 0.7}}",
    base="sglang",
    applies=lambda facts: facts.is_unified and facts.engine.name == "sglang",
    settle=_settle,
    check=_check,
)
