"""Many NCCL channels on a ring of small machines."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLES = ("NCCL_MIN_NCHANNELS", "NCCL_MAX_NCHANNELS", "NCCL_MIN_CTAS", "NCCL_MAX_CTAS")
TOO_WARM = 8
QUIET = 4


def _is_large_ring(facts: Facts) -> bool:
    return facts.interconnect.topology == "ring" and len(facts.hosts) >= 4


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for name in VARIABLES:
        for word in variable_texts(facts, name):
            if (word.text or "").isdecimal() and int(word.text or "") >= TOO_WARM:
                yield Complaint(
                    word.key,
                    f"found {name} {word.text} on a ring of {len(facts.hosts)}, wanted {QUIET}: {TOO_WARM} channels "
                    "tripped the thermal guard there",
                )


RULE = Rule(
    name="channels-heat-the-ring",
    severity=Severity.NOTE,
    failure=Failure.SLOW,
    summary="many NCCL channels on a ring of four or more machines",
    why="More channels copy with more of the GPU. On three machines they helped, on a ring of four the thermal guard "
    "stepped in, and then everything is slower. sparkc sets neither, and leaves NCCL_CUMEM_ENABLE alone, on which the "
    "sources disagree too.",
    help="take 4 channels and watch the temperatures before you take more",
    evidence=(
        Evidence(
            "christopherowen/dgx-spark-networking docs/nccl.md",
            "a ring of four: 4 channels, 8 trip the thermal guard; runtime connect wants NCCL_CUMEM_ENABLE=1",
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/10-production-candidate-and-lessons.md",
            "three Sparks: 8 channels gain 7.7 to 9.7 % with several requests, NCCL_CUMEM_ENABLE is 0",
            disagrees=True,
        ),
    ),
    bad="""
env: {NCCL_MAX_NCHANNELS: "8"}
interconnect: {topology: ring}
engine: {executor: mp}
parallelism: {tensor: 4}
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1}
    - {name: spark-2, address: 10.0.0.2}
    - {name: spark-3, address: 10.0.0.3}
    - {name: spark-4, address: 10.0.0.4}
""",
    good="""
env: {NCCL_MAX_NCHANNELS: "4"}
interconnect: {topology: ring}
engine: {executor: mp}
parallelism: {tensor: 4}
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1}
    - {name: spark-2, address: 10.0.0.2}
    - {name: spark-3, address: 10.0.0.3}
    - {name: spark-4, address: 10.0.0.4}
""",
    applies=_is_large_ring,
    check=_check,
)
