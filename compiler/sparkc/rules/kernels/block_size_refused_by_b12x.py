"""B12X attention with blocks of another size than its kernels have."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import number, place
from sparkc.rules.kernels.attention import chosen_backend
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG, BACKEND = "--block-size", "B12X"
SIZES = (64, 128)


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    chosen, size = chosen_backend(plan, facts), number(plan, FLAG)
    if chosen is not None and chosen.backend.name == BACKEND and size is not None and size not in SIZES:
        yield Complaint(
            place(plan, facts, FLAG),
            f"found blocks of {size} tokens with {BACKEND} attention, wanted {' or '.join(map(str, SIZES))}",
            also=((chosen.key, "the backend is named here"),),
        )


RULE = Rule(
    name="block-size-refused-by-b12x",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="B12X attention has no kernel for this block size",
    why="vLLM's own B12X backend reads pages of 64 or 128 tokens and ends while the model is built: `b12x requires "
    "--block-size in (64, 128)`, or `block_size not supported`. Forks differ: one for GLM-5.3 wants 256 with an fp8 "
    "cache, so declare the fork that you run.",
    help="set args.block-size to 128, or leave it out and the backend takes its own",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/attention/backends/b12x.py",
            "0.30.0 and 0.33.0: _B12X_SUPPORTED_PAGE_SIZES, supports_block_size and the constructor's ValueError",
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md",
            "a fork: 256, and 128 is impossible there, since DeepGEMM wants a multiple of 256 for an fp8 cache",
            disagrees=True,
        ),
    ),
    bad="args: {attention-backend: B12X, block-size: 256}",
    good="args: {attention-backend: B12X, block-size: 128}",
    base="single",
    applies=lambda facts: (
        facts.names_are_exact
        and facts.engine.name == "vllm"
        and facts.engine.fork is None
        and is_within(facts.engine.version, ">=0.30")
    ),
    check=_check,
    allowable=False,
)
