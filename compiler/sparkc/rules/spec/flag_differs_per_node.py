"""A flag in `args` that must differ from node to node."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engine_arguments import spellings
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.keys_and_flags import DERIVED_RAY_FLAGS, is_made_per_node


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for name in facts.spec.args or {}:
        if is_made_per_node(facts, spellings(facts, name)[0]):
            yield Complaint(
                ("args", name), f"--{name} is the same on every node in args; sparkc makes it for each host"
            )
    for name in facts.ray.args or {}:
        if f"--{name}" in DERIVED_RAY_FLAGS:
            yield Complaint(
                ("engine", "ray", "args", name),
                f"--{name} is the same on every node in engine.ray.args; sparkc makes it for each host",
            )


RULE = Rule(
    name="flag-differs-per-node",
    severity=Severity.ERROR,
    failure=Failure.HANG,
    summary="args hold a flag that must differ from node to node",
    why="What stands in args is given to every node. Two nodes with one rank, or one address, wait for each "
    "other for ever.",
    help="remove it: sparkc makes it from nodes.hosts",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py", "0.18.1: each node takes its own --node-rank below --nnodes"
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md",
            "a node's settings copied to another give two nodes of one rank",
        ),
    ),
    bad="""
engine: {executor: mp}
args: {node-rank: 0}
""",
    good="engine: {executor: mp}",
    check=_check,
    allowable=False,
)
