"""Ray's memory monitor kills the engine on machines that are meant to be full."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.node_memory import RAY_THRESHOLD
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.spec.sizes import in_gib

MONITOR = "RAY_memory_monitor_refresh_ms"
THRESHOLD = "RAY_memory_usage_threshold"
OFF = "0"


def settle(facts: Facts) -> Iterator[Proposal]:
    """Switch the monitor off, unless the author keeps it with a threshold of his own."""
    if not any(variable_texts(facts, THRESHOLD)):
        yield Proposal(
            ("env", MONITOR),
            OFF,
            f"a healthy head stands at 96 % of unified memory, and Ray kills at {RAY_THRESHOLD:.0%}",
        )


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report a monitor that the author keeps on, as it is or with a higher threshold."""
    said = list(variable_texts(facts, MONITOR))
    for word in said:
        if word.text != OFF:
            yield Complaint(
                word.key, f"found {MONITOR} {word.text}, wanted {OFF}: Ray looks at the memory and kills workers"
            )
    if any(word.text == OFF for word in said):
        return
    for word in variable_texts(facts, THRESHOLD):
        yield Complaint(
            word.key,
            f"found Ray's memory monitor on with a threshold of {word.text}, wanted it off: a head of "
            f"{in_gib(plan.head.memory.total)} that serves well stands at about 0.96",
            f'set {MONITOR} to "{OFF}" instead of a threshold',
        )


RULE = Rule(
    name="ray-memory-monitor-on",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="Ray's memory monitor kills workers although memory is sufficient",
    why="Ray counts the model as host memory, because on unified memory it is. Above 95 % it kills the largest "
    "worker, which is the engine: the log says NODE_OUT_OF_MEMORY, clients get 500 errors, the server shuts down. The "
    "setting is read by `ray start`, so it must be in the container before the raylet starts.",
    help='set RAY_memory_monitor_refresh_ms to "0", or leave both variables out and sparkc sets it',
    evidence=(
        Evidence(
            "https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387",
            "point 3: rank 0 was killed at 96 % with 4.4 GB free and no kernel OOM line; monitor switched off",
        ),
        Evidence(
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            "guide to MiniMax-M2.5-NVFP4: both containers carry RAY_memory_monitor_refresh_ms=0 before ray start",
        ),
        Evidence(
            "NVIDIA/dgx-spark-playbooks nvidia/vllm/README.md", "the two-Spark run sets RAY_memory_monitor_refresh_ms=0"
        ),
        Evidence(
            "https://docs.ray.io/en/latest/ray-core/scheduling/ray-oom-prevention.html",
            "the threshold is 0.95 by default; a refresh of 0 ms switches the monitor off",
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "gotcha 8: keeps the monitor with RAY_memory_usage_threshold=0.97, stable for hours (Ray 2.54.0)",
            disagrees=True,
        ),
    ),
    applies=lambda facts: facts.uses_ray and facts.is_unified,
    settle=settle,
    check=check,
    bad='env: {RAY_memory_monitor_refresh_ms: "250"}',
    good='env: {RAY_memory_monitor_refresh_ms: "0"}',
)
