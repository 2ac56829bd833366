"""A fraction in `args` reaches the engine and not the planner."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import named_in_args
from sparkc.rules.memory.fractions import FLAG
from sparkc.rules.memory.memory_fraction_unset import PIN
from sparkc.rules.rule import Complaint, Evidence, Rule

OWN_KEYS = {
    FLAG: "gpu_memory_utilization",
    PIN: "kv_cache_memory_bytes",
    "--mem-fraction-static": "mem_fraction_static",
}


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report memory settings that stand in `args`."""
    for flag, own in OWN_KEYS.items():
        name = named_in_args(facts, flag)
        value = (facts.spec.args or {}).get(name) if name else None
        if value is not None:
            yield Complaint(
                ("args", name or ""),
                f"found {value} for {flag} in args, wanted it in serving.memory.{own}: the memory table of this plan "
                f"is computed without it",
            )


RULE = Rule(
    name="memory-fraction-in-args",
    severity=Severity.WARNING,
    failure=Failure.OOM,
    summary="the memory table is computed without the setting that the engine gets",
    why="Flags in `args` go to the engine as they are. The planner reads serving.memory only, so the table in the "
    "runbook, the memory gate before each start and every memory finding speak of another launch.",
    help="move the value to serving.memory",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/worker/gpu_worker.py",
            "0.33.0: the fraction decides what must be free at start and how large the cache is",
        ),
    ),
    check=check,
    bad="args: {gpu-memory-utilization: 0.8}",
    good="serving: {memory: {gpu_memory_utilization: 0.8}}",
)
