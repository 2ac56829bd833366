"""With LoRA a step must have room for every sequence and its drafts."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import is_on, structure
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    tokens, sequences = facts.serving.max_num_batched_tokens, facts.serving.max_num_seqs
    drafts = structure(plan, "--speculative-config").get("num_speculative_tokens")
    if not is_on(plan, "--enable-lora") or tokens is None or sequences is None or not isinstance(drafts, int):
        return
    wanted = sequences * (drafts + 1)
    if tokens < wanted:
        yield Complaint(
            ("serving", "max_num_batched_tokens"),
            f"max_num_batched_tokens is {tokens:,}; wanted {wanted:,} = {sequences} sequences x {drafts + 1} tokens",
        )


RULE = Rule(
    name="drafts-exceed-batch-with-lora",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="LoRA and drafts together need more tokens in a step",
    why="vLLM refuses while it builds its configuration: `Consider increasing max_num_batched_tokens or "
    "decreasing num_speculative_tokens`.",
    help="raise serving.max_num_batched_tokens, or lower serving.max_num_seqs",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py",
            "0.18.1: compares max_num_batched_tokens with max_num_seqs x (num_speculative_tokens + 1) when LoRA is on",
        ),
    ),
    bad="""
serving:
  max_num_seqs: 256
  max_num_batched_tokens: 1024
  speculative: {method: ngram, num_speculative_tokens: 5}
args: {enable-lora: true}
""",
    good="""
serving:
  max_num_seqs: 256
  max_num_batched_tokens: 1536
  speculative: {method: ngram, num_speculative_tokens: 5}
args: {enable-lora: true}
""",
    base="single",
    check=_check,
    allowable=False,
)
