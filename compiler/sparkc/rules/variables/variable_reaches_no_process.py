"""A variable whose only reader is not part of this launch."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variables
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.variables.destinations import processes_given


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variables(facts):
        known = facts.variable(word.name)
        if word.text is None or known is None or known.dead is not None:
            continue
        if not processes_given(plan, word.name):
            yield Complaint(
                word.key,
                f"{word.name} is read by {_readers(known.readers)} ({known.owner}), and none of this launch is; "
                "it reaches no container",
            )


def _readers(readers: frozenset[str]) -> str:
    return ", ".join(sorted(readers)) or "nobody"


RULE = Rule(
    name="variable-reaches-no-process",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="no process of this launch reads the variable",
    why="Launch scripts around an image have variables of their own (GPU_MEM_UTIL, GPU_MEMORY_UTIL, HEAD_IP), "
    "which no engine reads; Ray's mean nothing without Ray. Copied into a container they look like a setting and "
    "change nothing. sparkc leaves them out.",
    help="say it in the spec's own key (serving.memory, nodes.hosts, …) and remove the variable",
    evidence=(
        Evidence(
            "eugr/spark-vllm-docker launch-cluster.sh",
            "reads GPU_MEM_UTIL and VLLM_SPARK_EXTRA_DOCKER_ARGS on the host",
        ),
        Evidence(
            "Avarok-Cybersecurity/dgx-vllm guide to MiniMax-M2.5-NVFP4, Environment overrides",
            "GPU_MEMORY_UTIL, MAX_MODEL_LEN and the like belong to its script",
        ),
    ),
    bad='env: {GPU_MEM_UTIL: "0.8"}',
    good="env: {GPU_MEM_UTIL: null}",
    check=_check,
)
