"""Python code that comes with the checkpoint may run."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    setting = engine_flags(plan).get("--trust-remote-code")
    if setting is None:
        return
    since = _native_since(facts)
    needless = (
        f"; {facts.engine.name} has a class of its own for this model since {since}, so that it is not needed"
        if since
        else ""
    )
    yield Complaint(
        place_of(facts, setting),
        f"code from {facts.model.id} may run in every engine process{needless}",
        help="remove it" if since else None,
    )


def _native_since(facts: Facts) -> str | None:
    """Return the version from which the engine's own registry has the model, when the pinned one is not older."""
    known = dict(facts.known_model[0].native_since) if facts.known_model else {}
    since = known.get(facts.engine.name or "")
    return since if since and is_within(facts.engine.version, f">={since}") else None


RULE = Rule(
    name="trust-remote-code",
    severity=Severity.WARNING,
    failure=Failure.UNSAFE,
    summary="the engine may run Python code from the checkpoint's repository",
    why="Whoever can write to that repository can run code on every node, with the container's rights: the "
    "host's network, the caches, the secrets that are mounted. Many launch commands carry the flag although the "
    "engine has the model built in.",
    help="remove model.trust_remote_code and see whether the model loads; else read the code, pin its revision, "
    "and allow this rule",
    evidence=(
        Evidence(
            "https://huggingface.co/docs/transformers/models#custom-models",
            "custom code is downloaded and executed; pin the revision after reading it",
        ),
        Evidence(
            "vllm-project/vllm vllm/model_executor/models/minimax_m2.py",
            "0.13.0 to 0.33.0: a class of the engine's own; published MiniMax launches pass the flag all the same",
        ),
    ),
    bad="model: {trust_remote_code: true}",
    good="model: {trust_remote_code: false}",
    check=_check,
)
