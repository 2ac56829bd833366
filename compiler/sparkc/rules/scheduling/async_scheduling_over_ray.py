"""Steps are to overlap over an executor that cannot do it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import is_on, place
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--async-scheduling"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    if is_on(plan, FLAG):
        yield Complaint(
            place(plan, facts, FLAG),
            f"found {FLAG} with the executor ray, wanted mp: vLLM {facts.engine.version} cannot do both",
        )


RULE = Rule(
    name="async-scheduling-over-ray",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="asynchronous scheduling is asked for over Ray, in a version that cannot do it",
    why="vLLM refuses while it builds its configuration: `Currently, async scheduling only supports mp, uni, or "
    "external_launcher distributed executor backend`. Left unsaid, the version decides itself.",
    help="remove args.async-scheduling, or set engine.executor: mp",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/vllm.py",
            "0.18.1: a list of three executors without ray",
        ),
        Evidence(
            "vllm-project/vllm vllm/v1/executor/multiproc_executor.py",
            "0.23.0: the second Ray executor, which is the default from 0.21.0 on, inherits the answer yes",
        ),
    ),
    bad="args: {async-scheduling: true}",
    good="args: {async-scheduling: false}",
    applies=lambda facts: facts.uses_ray and is_within(facts.engine.version, "<0.21.0"),
    check=_check,
    allowable=False,
)
