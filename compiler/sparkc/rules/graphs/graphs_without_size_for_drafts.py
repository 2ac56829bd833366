"""Graphs of the decode step have no size that drafts, and ranks that share the sequence, can both use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.graphs.capture_sizes import COMPILATION, largest_sizes
from sparkc.rules.rule import Complaint, Evidence, Rule

DRAFTS = "--speculative-config"
GRAPHS_OF_DECODE = (None, "default", "full_decode_only", "full_and_piecewise")
"""What graph modes end in graphs of their own for decode steps; so does vLLM's default from 0.13.0."""


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    count = structure(plan, DRAFTS).get("num_speculative_tokens")
    if not isinstance(count, int) or facts.graph_mode not in GRAPHS_OF_DECODE:
        return
    step, config = count + 1, structure(plan, COMPILATION)
    if _shares_the_sequence(config, facts) and max(step, facts.tensor) % min(step, facts.tensor):
        yield Complaint(
            place(plan, facts, COMPILATION),
            f"enable_sp wants sizes that divide by tensor {facts.tensor}, {count} drafts sizes that divide by {step}; "
            "wanted one to be a multiple of the other",
        )
    for key, largest in largest_sizes(plan, facts):
        if largest < step:
            yield Complaint(key, f"the largest graph is for {largest} tokens, and {count} drafts make steps of {step}")


def _shares_the_sequence(config: Mapping[str, Any], facts: Facts) -> bool:  # Any: JSON
    passes = config.get("pass_config")
    if (
        facts.tensor == 1
        or not isinstance(passes, dict)
        or not (passes.get("enable_sp") or passes.get("fuse_gemm_comms"))
    ):
        return False
    # By 0.18.0 sequence parallelism is switched off again on chips for which vLLM has no threshold, GB10 among them,
    # unless the threshold is given.
    return passes.get("sp_min_token_num") is not None or is_within(facts.engine.version, "<0.18")


RULE = Rule(
    name="graphs-without-size-for-drafts",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="no graph size suits the number of drafts",
    why="A step with k drafts decodes k+1 tokens per request, so vLLM rounds the sizes of its decode graphs to "
    "multiples of k+1, and with sequence parallelism of the tensor ranks too. Where none is left it ends after "
    "loading: `Can't determine cudagraph shapes that are both a multiple of`, or `No valid cudagraph sizes after "
    "rounding to multiple of`. An attention backend without graphs for drafts lets it go on without them.",
    help="take another number of drafts, or larger capture sizes, or leave enable_sp out",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/compilation.py",
            "0.13.0 to 0.30.0: both errors in adjust_cudagraph_sizes_for_spec_decode; 0.33.0: only the second, and "
            "only with the V1 model runner",
        ),
        Evidence(
            "vllm-project/vllm vllm/compilation/passes/fusion/sequence_parallelism.py",
            "0.18.1 to 0.30.0: thresholds for capability 9.0 and, by 0.23.0, 10.0 alone",
        ),
    ),
    bad="""
serving: {cuda_graphs: default, speculative: {method: ngram, num_speculative_tokens: 5}}
args: {cudagraph-capture-sizes: [1, 2, 4]}
""",
    good="""
serving: {cuda_graphs: default, speculative: {method: ngram, num_speculative_tokens: 5}}
args: {cudagraph-capture-sizes: [1, 2, 4, 12]}
""",
    base="single",
    applies=lambda facts: facts.engine.name == "vllm" and is_within(facts.engine.version, ">=0.13,<0.33"),
    check=_check,
)
