"""The engine writes the key of its API into its log."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    yield Complaint(
        ("serving", "api_key"),
        f"SGLang {facts.engine.version} prints all its arguments when it starts, the API key among them; wanted a log "
        "that only those read who may know it",
    )


RULE = Rule(
    name="api-key-in-log",
    severity=Severity.WARNING,
    failure=Failure.UNSAFE,
    summary="the API key can be read in the engine's log",
    why="SGLang logs one line `server_args=…` with every value before it loads, and no release leaves the key out. "
    "The key is in no artifact and not in `ps`, but whoever reads the container's log or ./launch.sh logs sees "
    "it.",
    help="put a proxy that asks for the key in front, listen on 127.0.0.1, or allow it where only you read the logs",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/entrypoints/engine.py",
            '0.5.5 to 0.5.12: logger.info(f"{server_args=}"); 0.5.23 leaves out watermark secrets only',
        ),
    ),
    bad="serving: {api_key: {secret: api-key}}",
    good="serving: {api_key: null}",
    base="sglang",
    applies=lambda facts: facts.engine.name == "sglang" and facts.serving.api_key is not None,
    check=_check,
)
