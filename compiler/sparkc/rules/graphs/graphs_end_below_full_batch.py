"""The largest graph is smaller than a full batch, so that the fullest steps run without one."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import structure
from sparkc.rules.graphs.capture_sizes import largest_sizes
from sparkc.rules.rule import Complaint, Evidence, Rule

DRAFTS = "--speculative-config"
WITHOUT_GRAPHS = ("off", "none")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    sequences = facts.serving.max_num_seqs
    if sequences is None or facts.graph_mode in WITHOUT_GRAPHS:
        return
    drafts = structure(plan, DRAFTS).get("num_speculative_tokens")
    step = 1 + (drafts if isinstance(drafts, int) else 0)
    for key, largest in largest_sizes(plan, facts):
        # A graph smaller than one step of drafts is a rule of its own.
        if step <= largest < sequences * step:
            yield Complaint(
                key,
                f"the largest graph is for {largest} tokens, wanted {sequences * step}: {sequences} requests of {step}",
            )


RULE = Rule(
    name="graphs-end-below-full-batch",
    severity=Severity.NOTE,
    failure=Failure.SLOW,
    summary="a full batch is larger than the largest graph",
    why="vLLM takes the next larger graph for a step, and none when there is none: the fuller the server, the slower "
    "each step. With k drafts a sequence brings k+1 tokens into a step.",
    help="add serving.max_num_seqs x (drafts + 1) to the sizes, or leave them out: vLLM's own go to twice that, or 512",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/vllm.py",
            "0.18.1 to 0.33.0, _set_cudagraph_sizes: above the largest size no graph is used; the default is twice "
            "max_num_seqs x (drafts + 1), at most 512",
        ),
    ),
    bad="""
serving: {cuda_graphs: default, max_num_seqs: 8, speculative: {method: ngram, num_speculative_tokens: 3}}
args: {cudagraph-capture-sizes: [4, 8, 16]}
""",
    good="""
serving: {cuda_graphs: default, max_num_seqs: 8, speculative: {method: ngram, num_speculative_tokens: 3}}
args: {cudagraph-capture-sizes: [4, 8, 16, 32]}
""",
    base="single",
    applies=lambda facts: facts.engine.name == "vllm",
    check=_check,
)
