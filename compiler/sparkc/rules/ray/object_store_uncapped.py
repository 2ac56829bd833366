"""Ray's object store takes 30 % of a unified pool unless it is capped."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.spec.sizes import GIB, in_gib

KEY = ("engine", "ray", "object_store_memory")
FLAG = "object-store-memory"
ACCEPTED = 2 * GIB
"""The larger of the two published caps; both launches ran."""


def settle(facts: Facts) -> Iterator[Proposal]:
    """Cap the store at 1 GiB, unless a flag of `ray start` says its size already."""
    if FLAG not in (facts.ray.args or {}):
        yield Proposal(
            KEY, "1 GiB", "tensors travel over NCCL: 1 GiB is enough, and Ray's own choice is 30 % of the memory"
        )


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report a store that the author leaves uncapped, or caps above 2 GiB."""
    stated = (facts.ray.args or {}).get(FLAG)
    key, cap = ((*KEY[:2], "args", FLAG), stated) if stated is not None else (KEY, facts.ray.object_store_memory)
    if not isinstance(cap, int):
        yield Complaint(
            key,
            f"found no cap on Ray's object store, wanted at most {in_gib(ACCEPTED)}: by itself Ray takes up to 30 % of "
            f"{in_gib(plan.head.memory.total)}, which is {in_gib(plan.head.memory.total * 3 // 10)} of every node",
        )
    elif cap > ACCEPTED:
        yield Complaint(key, f"found {in_gib(cap)} for Ray's object store, wanted at most {in_gib(ACCEPTED)}")


RULE = Rule(
    name="object-store-uncapped",
    severity=Severity.WARNING,
    failure=Failure.OOM,
    summary="Ray's object store may take a third of the memory that the model needs",
    why="Ray sizes its object store from the whole memory of a node, which on unified memory is the accelerator's too. "
    "vLLM does not use the store for tensors. The launch then dies while loading: the kernel log of the head shows "
    "`NVRM: Out of memory`, or Ray reports that a node ran out of memory.",
    help="leave engine.ray.object_store_memory out (sparkc sets 1 GiB), or set it to 2 GiB at most",
    evidence=(
        Evidence(
            "https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387",
            "point 2: about 36 GB reserved per node; capped at 1 GiB the 84 GB shard fits (vLLM over Ray)",
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "gotcha 6: a cap of 2 GiB instead of the 30 to 40 GB that Ray 2.54.0 would claim",
        ),
        Evidence(
            "timothystewart6/vllm-gb10 examples/two-node-cluster/docker-compose.head.yaml",
            "1 GiB on both nodes of a working two-node cluster",
        ),
        Evidence(
            "ray-project/ray python/ray/_private/utils.py",
            "2.54.0: the default is a limit, 30 % of the memory, at most 200 GB and 95 % of /dev/shm; it is not "
            "taken at once, so the gain may be smaller than the limit",
            disagrees=True,
        ),
    ),
    applies=lambda facts: facts.uses_ray and facts.is_unified,
    settle=settle,
    check=check,
    bad="engine: {ray: {object_store_memory: 8 GiB}}",
    good="engine: {ray: {object_store_memory: 2 GiB}}",
)
