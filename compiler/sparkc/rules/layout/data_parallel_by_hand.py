"""Data parallel ranks that are given by hand contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import is_on, number, place
from sparkc.rules.rule import Complaint, Evidence, Rule

SIZE, LOCAL, RANK = "--data-parallel-size", "--data-parallel-size-local", "--data-parallel-rank"
START, EXTERNAL, HYBRID = "--data-parallel-start-rank", "--data-parallel-external-lb", "--data-parallel-hybrid-lb"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for flag, trouble in _troubles(plan, facts):
        yield Complaint(place(plan, facts, flag), trouble)


def _troubles(plan: Plan, facts: Facts) -> Iterator[tuple[str, str]]:
    size, local, rank = number(plan, SIZE) or 1, number(plan, LOCAL), number(plan, RANK)
    outside = [flag for flag in (EXTERNAL, RANK) if _is_given(plan, flag)]
    inside = [flag for flag in (HYBRID, START) if _is_given(plan, flag)]
    if local is not None and local > size:
        yield LOCAL, f"{LOCAL} is {local}; wanted at most {size}, as many as there are in all"
    if rank is not None and size > 1 and rank >= size:
        yield RANK, f"{RANK} is {rank}; wanted 0 to {size - 1}"
    if is_within(facts.engine.version, "<0.13"):
        return
    if outside and size == 1:
        yield (
            outside[0],
            f"found {outside[0]} with one data parallel rank; wanted parallelism.data above 1, or no {outside[0]}",
        )
    # Until 0.16.0 a rank by itself switched the other way of balancing off, without a word.
    both = is_on(plan, EXTERNAL) and is_on(plan, HYBRID)
    if both or (outside and inside and is_within(facts.engine.version, ">=0.16")):
        yield outside[0], f"found {outside[0]} and {inside[0]}, two ways of balancing; wanted one of them"
    if outside and size > 1 and _is_dense(facts) and is_within(facts.engine.version, ">=0.21"):
        yield outside[0], f"found {outside[0]} for a model without experts; wanted a launch of its own for each rank"
    if is_on(plan, EXTERNAL) and rank is None and not _is_given(plan, "--node-rank"):
        yield EXTERNAL, f"found {EXTERNAL} without {RANK}, and no server knows which rank it is"
    if rank is not None and local not in (None, 1):
        yield LOCAL, f"{LOCAL} is {local} with {RANK} {rank}; wanted 1: a server of one rank has one"
    if is_on(plan, HYBRID) and not outside and local is None:
        yield HYBRID, f"found {HYBRID} without {LOCAL}, so nobody knows how many ranks are here"


def _is_dense(facts: Facts) -> bool:
    return facts.shape is not None and not facts.shape.experts


def _is_given(plan: Plan, flag: str) -> bool:
    return is_on(plan, flag) or number(plan, flag) is not None


RULE = Rule(
    name="data-parallel-by-hand",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="data parallel ranks given in args contradict each other",
    why="vLLM refuses while it reads its command line: `data_parallel_external_lb can only be set when "
    "data_parallel_size > 1`, `data_parallel_size_local must be <= data_parallel_size`, `data_parallel_rank must be in "
    "the range`, `Cannot use both external and hybrid data parallel load balancing modes`.",
    help="remove the flags from args: parallelism.data is enough for one server with several ranks",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/parallel.py",
            "0.11.0 to 0.33.0: local ranks, number of the rank; 0.13.0 to 0.33.0: external balancing of one rank",
        ),
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py",
            "0.13.0 to 0.33.0: external and hybrid balancing together, external without a rank, a rank with several "
            "local ranks, hybrid without their number; 0.21.0 to 0.33.0: external balancing of a model without experts",
        ),
        Evidence(
            "vllm-project/vllm vllm/entrypoints/cli/serve.py",
            "0.16.0 to 0.33.0: ways of balancing exclude each other, those that a rank stands for included",
        ),
    ),
    bad="args: {data-parallel-external-lb: true, data-parallel-rank: 0}",
    good="parallelism: {tensor: 2}",
    applies=lambda facts: facts.engine.name == "vllm",
    check=_check,
    allowable=False,
)
