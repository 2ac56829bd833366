"""A fused all-reduce that needs NVLink, between machines that have none."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG, PART, KEY = "--compilation-config", "pass_config", "fuse_allreduce_rms"


def _crosses_nodes(facts: Facts) -> bool:
    vendor = facts.hardware.vendor if facts.hardware else None
    return facts.engine.name == "vllm" and vendor == "nvidia" and facts.tensor > facts.accelerators


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    passes = structure(plan, FLAG).get(PART)
    if isinstance(passes, dict) and passes.get(KEY) is True:
        yield Complaint(
            place(plan, facts, FLAG),
            f"found {PART}.{KEY} true with tensor {facts.tensor} over {len(facts.hosts)} nodes, wanted false",
        )


RULE = Rule(
    name="all-reduce-fusion-across-nodes",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="the fused all-reduce is asked for between machines",
    why="FlashInfer's fused all-reduce reaches its peers through NVLink or within one machine. Across machines its "
    "first backend hangs, its second wants NVLink between them; vLLM's own default leaves both off on this chip.",
    help="remove fuse_allreduce_rms from args.compilation-config",
    evidence=(
        Evidence("https://github.com/vllm-project/vllm/pull/38136", "the trtllm backend hangs between nodes"),
        Evidence(
            "https://github.com/vllm-project/vllm/pull/45721",
            "MiniMax M3 over two NVLink domains: every answer wrong with the fusion, right without",
        ),
        Evidence(
            "vllm-project/vllm vllm/config/vllm.py",
            "0.18.1 to 0.33.0: on by default for capability 9.0 and 10.x alone; 0.13.0 and 0.16.0: off",
        ),
    ),
    bad="args: {compilation-config: {pass_config: {fuse_allreduce_rms: true}}}",
    good="args: {compilation-config: {pass_config: {fuse_allreduce_rms: false}}}",
    applies=_crosses_nodes,
    check=_check,
)
