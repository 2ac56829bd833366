"""A name for the model that SGLang does not take."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import may_be_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    names = facts.serving.served_model_name or ()
    if len(names) > 1:
        yield Complaint(
            ("serving", "served_model_name"),
            f"found {len(names)} names, wanted 1: SGLang serves a model under one name",
        )
    for name in names if may_be_within(facts.engine.version, ">0.5.5") else ():
        if ":" in name:
            yield Complaint(
                ("serving", "served_model_name"), f"found a colon in {name}, wanted none: it names a LoRA adapter there"
            )


RULE = Rule(
    name="served-name-not-taken",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the engine does not take this name for the model",
    why="SGLang takes a single name and ends while it reads its arguments: `unrecognized arguments`, or "
    "`served_model_name cannot contain a colon`.",
    help="give one name without a colon",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.5 to 0.5.23: --served-model-name takes one value; from 0.5.10 on no colon, which names an adapter",
        ),
    ),
    bad="serving: {served_model_name: [qwen, other]}",
    good="serving: {served_model_name: qwen}",
    base="sglang",
    applies=lambda facts: facts.engine.name == "sglang",
    check=_check,
    allowable=False,
)
