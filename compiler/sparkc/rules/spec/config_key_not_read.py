"""A key in a JSON flag that the engine passes on, and that nobody asks for."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.engine import EngineCatalog, available, find_engine
from sparkc.catalog.entries import Kind
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.values import refusal
from sparkc.source.spelling import nearest

FLAG, SCHEMA = "--additional-config", "AdditionalConfig"
"""vLLM takes any JSON here and hands it to its plug-in, whose catalog names the keys that it asks for."""


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    catalog = facts.engine_names
    schema = catalog.schema(SCHEMA) if catalog else None
    if catalog is None or schema is None:
        return
    for name, value in structure(plan, FLAG).items():
        key = schema.keys.get(name)
        if key is None:
            yield Complaint(
                place(plan, facts, FLAG),
                f"{FLAG} has the key {name}, which {catalog.engine} {catalog.version} does not read"
                f"{_elsewhere(catalog, name)}",
                help=_guess(nearest(name, schema.keys)),
            )
        elif isinstance(value, str) and key.value.kind is not Kind.JSON and refusal(key.value, value):
            wanted = refusal(key.value, value)
            yield Complaint(place(plan, facts, FLAG), f"{name} in {FLAG} is {value}; wanted {wanted}")


def _elsewhere(catalog: EngineCatalog, name: str) -> str:
    """Return which releases read the key, when this one does not."""
    matches = (find_engine(catalog.engine, version) for version in available(catalog.engine))
    others = [match.catalog for match in matches if match is not None]
    reading = [other.version for other in others if (found := other.schema(SCHEMA)) and name in found.keys]
    return f"; {', '.join(reading)} do" if reading else ""


def _guess(name: str | None) -> str | None:
    return f"did you mean `{name}`?" if name else None


RULE = Rule(
    name="config-key-not-read",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="a key of --additional-config is read by nobody, or has a word that its reader does not expect",
    why="vLLM does not look into --additional-config, and vLLM-Ascend asks for the keys that it knows alone. "
    "A misspelt key, or one of another release, is silent: the launch goes on without what it asks for.",
    help="correct the key, or remove it",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/ascend_config.py",
            "0.11.0 to 0.26.0rc1: additional_config.get(…) by name, and no check for other keys",
        ),
    ),
    bad="args: {additional-config: {enable_flashcom1: true}}",
    good="args: {additional-config: {enable_flashcomm1: true}}",
    base="atlas",
    applies=lambda facts: facts.names_are_exact and facts.engine.name == "vllm-ascend",
    check=_check,
)
