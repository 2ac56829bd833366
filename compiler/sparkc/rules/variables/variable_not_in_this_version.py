"""A variable that other versions of the engine read, and the pinned one does not."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variables
from sparkc.rules.fates import fate_of
from sparkc.rules.rule import Complaint, Evidence, Rule


def _knows_all_names(facts: Facts) -> bool:
    return facts.names_are_exact


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.engine_names is not None
    for word in variables(facts):
        if facts.variable(word.name) is None:
            fate = fate_of(word.name, facts.engine_names)
            if fate is not None:
                yield Complaint(word.key, f"{word.name}: {fate.sentence}", help=fate.way_out)


RULE = Rule(
    name="variable-not-in-this-version",
    severity=Severity.ERROR,
    failure=Failure.SILENT,
    summary="the engine reads this variable in another version, not in the pinned one",
    why="vLLM drops variables from release to release. An unknown one is a line in the log at most, and the "
    "launch goes on with other kernels: of the three variables that used to force Marlin none is left in "
    "0.30.0.",
    help="remove the variable; `sparkc catalog diff` tells what took its place",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/envs.py",
            "0.18.1 to 0.33.0: an unknown VLLM_ name is a warning, unless --fail-on-environ-validation is given",
        ),
        Evidence(
            "https://github.com/vllm-project/vllm/pull/39538",
            "deprecates the variables for kernels in favour of --moe-backend and --linear-backend",
        ),
    ),
    bad="""
engine: {version: 0.33.0}
env: {VLLM_NVFP4_GEMM_BACKEND: marlin}
""",
    good="""
engine: {version: 0.33.0}
env: {VLLM_NVFP4_GEMM_BACKEND: null}
""",
    base="single",
    applies=_knows_all_names,
    check=_check,
)
