"""Ranks that wait for each other for less time than a slow node needs."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.engine_config import number, place
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "dist-timeout"
PROVEN = 1800
"""Seconds; with it both nodes came through loading."""


def _settle(facts: Facts) -> Iterator[Proposal]:
    yield Proposal(
        ("args", FLAG), PROVEN, f"{len(facts.hosts)} nodes load at different speed; torch's own limit is 600 s"
    )


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    seconds = number(plan, f"--{FLAG}")
    if seconds is None or seconds < PROVEN:
        found = "nothing, so that torch's own limit of 600 s holds" if seconds is None else f"{seconds} s"
        yield Complaint(place(plan, facts, f"--{FLAG}"), f"found {found} for --{FLAG}, wanted {PROVEN} s")


RULE = Rule(
    name="ranks-give-up-early",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="a rank that loads slower than the others is given up on",
    why="One node loads slower than the other (page cache, swap), or starts later. The others wait in a collective "
    "until its time is over and end with a timeout of NCCL or of the store, after minutes of loading.",
    help="leave args.dist-timeout out; sparkc sets 1800",
    evidence=(
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "wall 3: two Sparks that differed by 7 GB; --dist-timeout 1800 let the slower one finish",
        ),
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.5 to 0.5.23: --dist-timeout is None by default, which leaves torch's own limit",
        ),
    ),
    bad="args: {dist-timeout: 300}",
    good="args: {dist-timeout: 1800}",
    base="sglang-pair",
    applies=lambda facts: facts.engine.name == "sglang" and facts.is_distributed,
    settle=_settle,
    check=_check,
)
