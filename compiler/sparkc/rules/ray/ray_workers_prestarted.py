"""Ray starts workers before the driver has registered."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "RAY_prestart_worker_first_driver"
NO = ("0", "false")


def settle(facts: Facts) -> Iterator[Proposal]:
    """Keep Ray from starting workers early."""
    yield Proposal(
        ("env", VARIABLE), "0", f"workers started early race with the placement group of {len(facts.hosts)} nodes"
    )


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report an author who asks for early workers."""
    for word in variable_texts(facts, VARIABLE):
        if (word.text or "").lower() not in NO:
            yield Complaint(
                word.key,
                f"found {VARIABLE} {word.text}, wanted 0: workers then start before the driver can register them",
            )


RULE = Rule(
    name="ray-workers-prestarted",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="Ray starts workers before the driver is ready for them",
    why="Ray may start worker processes on the head before vLLM's driver has registered. On two nodes the placement "
    "group is then created while workers still register, and the start stalls or fails at random.",
    help='set RAY_prestart_worker_first_driver to "0", or leave it out and sparkc sets it',
    evidence=(
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "gotcha 5: set to 0 on two Sparks with vLLM 0.18.1rc1 and Ray 2.54.0; one report",
        ),
    ),
    applies=lambda facts: facts.uses_ray and facts.is_distributed,
    settle=settle,
    check=check,
    bad='env: {RAY_prestart_worker_first_driver: "1"}',
    good='env: {RAY_prestart_worker_first_driver: "0"}',
)
