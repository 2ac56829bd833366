"""vLLM refuses a Ray without compiled graphs."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule

OLDEST = "2.43.0"


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report a stated version below the one that vLLM asks for."""
    if is_within(facts.ray.version, f"<{OLDEST}"):
        yield Complaint(
            ("engine", "ray", "version"), f"found Ray {facts.ray.version}, wanted {OLDEST} or newer: vLLM refuses older"
        )


RULE = Rule(
    name="ray-too-old",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="vLLM refuses this version of Ray",
    why="vLLM's Ray executor needs Ray's compiled graphs and ends with a message that names the version it requires.",
    help="take an image with a newer Ray",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/executor/ray_utils.py", "0.18.1: Ray below 2.43.0, or without cgraph, is refused"
        ),
    ),
    applies=lambda facts: facts.uses_ray and facts.engine.name == "vllm",
    check=check,
    bad="engine: {ray: {version: 2.40.0}}",
    good="engine: {ray: {version: 2.54.0}}",
    allowable=False,
)
