"""EAGLE3 drafts for a model family that this version does not list."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.entries import Group
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--speculative-config"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.engine_names is not None
    listed = facts.engine_names.registered(Group.EAGLE3_TARGETS)
    family = (facts.family or "").replace("-", "_").replace(".", "_")
    if structure(plan, FLAG).get("method") == "eagle3" and listed and not any(name in family for name in listed):
        yield Complaint(
            place(plan, facts, FLAG),
            f"found eagle3 for {facts.family}, wanted one of {', '.join(listed)} in vLLM {facts.engine_names.version}",
        )


RULE = Rule(
    name="eagle3-on-unlisted-model",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="this version of vLLM allows EAGLE3 for listed model types only, and the model is none of them",
    why="vLLM refuses while it builds its configuration: `eagle3 is only supported for [...] models`. 0.19.1 "
    "added minimax_m2 to the list, and 0.23.0 has no list any more.",
    help="take vLLM 0.23.0 or newer, or another method",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/speculative.py",
            "0.18.1: a list without minimax_m2; 0.19.1 and 0.21.0: with it; 0.23.0: no list",
        ),
    ),
    bad="serving: {speculative: {method: eagle3, num_speculative_tokens: 3}}",
    good="""
engine: {version: 0.23.0}
serving: {speculative: {method: eagle3, num_speculative_tokens: 3}}
""",
    applies=lambda facts: facts.names_are_exact and facts.engine.name == "vllm" and facts.known_model is not None,
    check=_check,
    allowable=False,
)
