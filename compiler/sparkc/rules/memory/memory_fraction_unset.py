"""Without a fraction the engine takes its own default, which is too much on unified memory."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.fit_word import MEMORY
from sparkc.resolve.fit_word import PIN as PIN_KEY
from sparkc.resolve.memory.fraction import default_fraction
from sparkc.resolve.proposals import Proposal
from sparkc.rules.command_line import engine_flags
from sparkc.rules.memory.fractions import FLAG, KEY, PROVEN, arithmetic, largest_fraction, reserved_on, total_of
from sparkc.rules.rule import Complaint, Evidence, Rule

PIN = "--kv-cache-memory-bytes"
LEAST = 0.05


def settle(facts: Facts) -> Iterator[Proposal]:
    """Propose 0.82, or less where other services share the fullest node."""
    pinned = facts.memory.kv_cache_memory_bytes or facts.argument("kv-cache-memory-bytes")
    if facts.memory.gpu_memory_utilization is not None or pinned or MEMORY in facts.fits or PIN_KEY in facts.fits:
        return
    rooms = [
        (largest_fraction(total, reserved_on(host)), host) for host in facts.hosts if (total := total_of(facts, host))
    ]
    if not rooms:
        return
    fraction, host = min(rooms, key=lambda room: (room[0], room[1].index))
    total = total_of(facts, host)
    if total is None or fraction < LEAST:
        # Nothing is left to propose; the planner's own predicates say why.
        return
    reason = (
        f"{PROVEN} has run for hours; the engine's own default leaves the host too little of {total / 2**30:.0f} GiB"
        if fraction == PROVEN
        else arithmetic(host.name, total, reserved_on(host))
    )
    yield Proposal(KEY, fraction, reason)


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report an engine that is told neither a fraction nor the size of its cache."""
    flags = engine_flags(plan)
    if FLAG in flags or PIN in flags:
        return
    default = default_fraction(facts.engine.name or "", facts.engine.version)
    found = f"the engine's default of {default}" if default else "the engine's default, which differs between versions"
    yield Complaint(KEY, f"found no memory fraction, so {found} holds; wanted about {PROVEN} on unified memory")


RULE = Rule(
    name="memory-fraction-unset",
    severity=Severity.WARNING,
    failure=Failure.OOM,
    summary="the engine's own memory fraction is too high for unified memory",
    why="vLLM takes 0.90 of the memory up to 0.19.1 and 0.92 from 0.21.0 on. On unified memory that is the host's "
    "memory as well: nodes swap, lock up, or Ray kills the engine. An upgrade changes the share without a word.",
    help="leave serving.memory out, and sparkc sets it; or state serving.memory.gpu_memory_utilization",
    evidence=(
        Evidence("https://al-engr.com/minimax-m2.7-dual-spark.html", "gotcha 8: 0.82, not 0.85 or more, on two Sparks"),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "0.88 had to fall to 0.82 when two other services took about 16 GB of the node",
        ),
        Evidence("https://github.com/vllm-project/recipes/pull/632", "the default of 0.92 runs out of memory on GB10"),
        Evidence("vllm-project/vllm vllm/config/cache.py", "gpu_memory_utilization: 0.9 in 0.18.1, 0.92 in 0.24.0"),
        Evidence(
            "timothystewart6/vllm-gb10 examples/two-node-cluster/docker-compose.head.yaml",
            "0.75 for MiniMax M2.7 AWQ on two nodes: a more careful choice",
            disagrees=True,
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/05-memory-ladder.md",
            "0.88 in production, reached in steps of 0.01 on nodes without other services",
            disagrees=True,
        ),
    ),
    applies=lambda facts: facts.is_unified and facts.engine.name == "vllm",
    settle=settle,
    check=check,
    bad="args: {gpu-memory-utilization: null}",
    good="serving: {memory: {gpu_memory_utilization: 0.82}}",
)
