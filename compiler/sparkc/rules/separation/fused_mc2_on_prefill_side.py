"""Fused MC2 on a prefill side of several data parallel ranks."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.switches import fused_mc2
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, name, kernel in fused_mc2(plan, facts):
        if kernel > 0:
            yield Complaint(key, f"found {name} {kernel} with {facts.data} data parallel ranks on this side, wanted 0")


RULE = Rule(
    name="fused-mc2-on-prefill-side",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="fused MC2 is on where prompts are computed",
    why="Where prefill and decode are apart, the maintainers of vLLM-Ascend keep fused MC2 to the decode side. No "
    "release that was read refuses it on the other, so nothing tells that a launch runs outside of what they meant.",
    help='set VLLM_ASCEND_ENABLE_FUSED_MC2: "0" under roles.prefill.env, or enable_fused_mc2: 0 under '
    "roles.prefill.args.additional-config",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend pull requests 8373 and 8374",
            "merged in April 2026: fused MC2 only on the decode side (kv_consumer); the check itself stands in none of "
            "0.18.0, 0.19.1rc1, 0.20.2rc1 and 0.21.0rc1",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.2 sets VLLM_ASCEND_ENABLE_FUSED_MC2=1 on both sides, with two data parallel ranks each",
            disagrees=True,
        ),
    ),
    bad='roles: {prefill: {env: {VLLM_ASCEND_ENABLE_FUSED_MC2: "1"}}}',
    good='roles: {decode: {env: {VLLM_ASCEND_ENABLE_FUSED_MC2: "1"}}}',
    base="separated",
    applies=lambda facts: facts.side == "prefill" and facts.data > 1,
    check=_check,
)
