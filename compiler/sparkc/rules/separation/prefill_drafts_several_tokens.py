"""The prefill side drafts tokens that nobody takes."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG, COUNT = "--speculative-config", "num_speculative_tokens"
KEY: KeyPath = ("serving", "speculative", COUNT)


def _computes_prompts(facts: Facts) -> bool:
    is_hybrid = facts.shape is not None and facts.shape.attention.startswith("hybrid")
    return facts.side == "prefill" and not is_hybrid


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    count = structure(plan, FLAG).get(COUNT)
    if isinstance(count, int) and count > 1:
        yield Complaint(
            KEY if facts.says(*KEY) else place(plan, facts, FLAG),
            f"{count} draft tokens on the side that only computes prompts, wanted 1",
        )


RULE = Rule(
    name="prefill-drafts-several-tokens",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="the prefill side drafts more than one token",
    why="The prefill side ends a request with its first token, so what it drafts beyond that is thrown away; time and "
    "KV cache go into it. It needs the draft model itself, whose keys and values are handed over with the others. "
    "Hybrid Mamba models are different: there both sides must draft the same number.",
    help="set num_speculative_tokens: 1 under roles.prefill.serving.speculative; the decode side keeps its own number",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend docs/source/user_guide/feature_guide/speculative_decoding.md",
            "main: 1 on prefill nodes and 1 or more on decode nodes; equal on both for hybrid Mamba models",
        ),
        Evidence(
            "vllm-project/vllm-ascend pull request 12144",
            "merged in July 2026: tutorials go from 2, 3 and 5 to 1 on prefill nodes, which do not generate drafts",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.2 takes 3 on both sides",
            disagrees=True,
        ),
    ),
    bad="""
roles:
  prefill:
    serving: {speculative: {method: ngram, num_speculative_tokens: 3}}
""",
    good="""
roles:
  prefill:
    serving: {speculative: {method: ngram, num_speculative_tokens: 1}}
""",
    base="separated",
    applies=_computes_prompts,
    check=_check,
)
