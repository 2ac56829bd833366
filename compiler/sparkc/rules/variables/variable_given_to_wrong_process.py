"""A variable for `ray start` that stands among those of the engine."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variables
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.variables.destinations import processes_given

ENGINE = frozenset({"driver", "worker"})


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variables(facts):
        known = facts.variable(word.name)
        given = processes_given(plan, word.name)
        if known is not None and given and not known.readers & ENGINE and "engine" not in given:
            yield Complaint(
                word.key,
                f"{word.name} is read by {', '.join(sorted(known.readers))}, not by the engine; "
                f"sparkc gives it to {', '.join(sorted(given))} only",
            )


RULE = Rule(
    name="variable-given-to-wrong-process",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="a variable is meant for another process than the engine",
    why="Ray's own settings (RAY_memory_usage_threshold, RAY_prestart_worker_first_driver and their like) are "
    "read once, when `ray start` runs. Exported for `vllm serve` in a running cluster they change nothing, and "
    "nothing says so. sparkc moves them to the process that reads them.",
    help="nothing to do: the variable goes to its reader",
    evidence=(
        Evidence(
            "https://docs.ray.io/en/latest/ray-core/scheduling/ray-oom-prevention.html",
            "the memory monitor's variables are set when Ray starts",
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "exports them in the shell of `vllm serve`, after the cluster is up",
            disagrees=True,
        ),
        Evidence(
            "Avarok-Cybersecurity/dgx-vllm guide to MiniMax-M2.5-NVFP4", "sets them in the container, before ray start"
        ),
    ),
    bad='env: {RAY_prestart_worker_first_driver: "0"}',
    good="env: {RAY_prestart_worker_first_driver: null}",
    check=_check,
)
