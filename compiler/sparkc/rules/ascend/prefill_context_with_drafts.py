"""EAGLE3 drafts together with a prompt that is spread over groups of ranks."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import number, place
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAGS = ("--prefill-context-parallel-size", "--decode-context-parallel-size")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    speculative = facts.serving.speculative
    if speculative is None or speculative.method != "eagle3":
        return
    for flag in FLAGS:
        ranks = number(plan, flag) or 1
        if ranks > 1:
            yield Complaint(place(plan, facts, flag), f"found {flag} {ranks} with eagle3 drafts, wanted 1")


RULE = Rule(
    name="prefill-context-with-drafts",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="context parallelism with EAGLE3 drafts has lowered the accuracy of answers",
    why="With both, MiniMax answered benchmarks worse than without; nothing in a log tells. The combination stands in "
    "the tutorial's own launch for long contexts, and later releases took prefill context parallelism out of it.",
    help="leave serving.speculative out, or set args.prefill-context-parallel-size to 1; or evaluate "
    "(./evaluate.sh lm-eval) with and without it",
    evidence=(
        Evidence(
            "https://github.com/vllm-project/vllm-ascend/issues/9959",
            "2026-06: MiniMax with PCP or DCP and Eagle3 has accuracy issues",
        ),
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/platform.py",
            "0.25.1rc1 and 0.26.0rc1: refuse prefill context parallelism unless the V2 model runner is on",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.1, A3, long context: --prefill-context-parallel-size 2 with one EAGLE3 token",
            disagrees=True,
        ),
    ),
    bad="""
parallelism: {tensor: 4, expert: 8}
serving: {speculative: {method: eagle3, num_speculative_tokens: 1, model: {path: /srv/models/eagle3, size: 1 GB}}}
args: {prefill-context-parallel-size: 2, cp-kv-cache-interleave-size: 128}
""",
    good="""
parallelism: {tensor: 8, expert: 8}
serving: {speculative: {method: eagle3, num_speculative_tokens: 1, model: {path: /srv/models/eagle3, size: 1 GB}}}
""",
    base="atlas",
    applies=lambda facts: facts.engine.name == "vllm-ascend" and is_within(facts.engine.version, "<0.25"),
    check=_check,
)
