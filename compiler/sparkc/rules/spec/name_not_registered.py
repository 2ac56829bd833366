"""A word that the engine takes as text and looks up too late."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.entries import Group
from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.source.spelling import nearest, shown

REGISTRIES = {
    "--load-format": Group.LOAD_FORMATS,
    "--quantization": Group.QUANTIZATION,
    "--attention-backend": Group.ATTENTION_BACKENDS,
}


def _knows_all_names(facts: Facts) -> bool:
    # vLLM-Ascend registers names of its own.
    return facts.names_are_exact and facts.engine.name == "vllm"


def unregistered_names(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Yield a complaint for each name that the engine at hand looks up in a table and does not find."""
    assert facts.engine_names is not None
    for key, text, group in _names(plan, facts):
        known = facts.engine_names.registered(group)
        folded = [name.lower() for name in known]
        if known and text.lower() not in folded:
            guess = nearest(text, known)
            yield Complaint(
                key,
                f"{shown(text)} is not among the {len(known)} {group.value.replace('_', ' ')} of "
                f"vLLM {facts.engine_names.version}",
                help=f"did you mean `{guess}`?" if guess else f"known: {', '.join(known)}",
            )


def _names(plan: Plan, facts: Facts) -> Iterator[tuple[KeyPath, str, Group]]:
    flags = engine_flags(plan)
    for flag, group in REGISTRIES.items():
        setting = flags.get(flag)
        if setting is not None and isinstance(setting.value, str):
            yield place_of(facts, setting), setting.value, group
    speculative = facts.serving.speculative
    if speculative is not None and speculative.method is not None:
        yield ("serving", "speculative", "method"), speculative.method, Group.SPECULATIVE_METHODS


RULE = Rule(
    name="name-not-registered",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="a load format, quantization, backend or method is not registered in the engine",
    why="vLLM reads these as plain text: `--load-format nope` passes its parser, and the engine ends when it "
    "looks the name up, after the cluster has formed.",
    help="take a name that this version registers; one that an image brings is declared with engine.fork",
    evidence=(
        Evidence("vllm-project/vllm vllm/model_executor/model_loader/__init__.py", "0.18.1: the table of load formats"),
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py", "0.16.0 and 0.18.1: instanttensor exists from 0.18.1 on"
        ),
    ),
    bad="serving: {load_format: fastsafetensor}",
    good="serving: {load_format: fastsafetensors}",
    base="single",
    applies=_knows_all_names,
    check=unregistered_names,
    allowable=False,
)
