"""The spec names another format than the checkpoint has."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _knows_the_checkpoint(facts: Facts) -> bool:
    return facts.known_model is not None and facts.known_model[1] is not None


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.known_model is not None
    model, checkpoint = facts.known_model
    assert checkpoint is not None
    if not _is_same_format(facts.quant, checkpoint.quant):
        others = [other.id for other in model.checkpoints if _is_same_format(facts.quant, other.quant)]
        yield Complaint(
            ("quant",),
            f"quant is {facts.quant}, and {checkpoint.id} holds {checkpoint.quant}",
            help=f"set quant to {checkpoint.quant}" + (f", or take {others[0]}" if others else ""),
        )


def _is_same_format(one: str, other: str) -> bool:
    """Compare formats as people name them: `awq` is `awq-int4`."""
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


RULE = Rule(
    name="quant-differs-from-checkpoint",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="quant is not the format of the checkpoint",
    why="The engine reads the format from the checkpoint and goes on. But sparkc chooses kernels, rules and "
    "memory terms by quant, so that its answers would be about another launch.",
    help="name the checkpoint's format, or another checkpoint",
    evidence=(
        Evidence("vllm-project/vllm vllm/config/model.py", "0.18.1: the checkpoint's own quantization_config decides"),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "the same model in FP8 does not fit on two Sparks and in NVFP4 does",
        ),
    ),
    bad="quant: fp8",
    good="quant: nvfp4",
    base="single",
    applies=_knows_the_checkpoint,
    check=_check,
)
