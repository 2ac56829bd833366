"""The config.json that a spec points at cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report what is missing in the file, contradictory, or of a kind that is not known."""
    if isinstance(facts.configured, str):
        yield Complaint(("model", "config"), f"{facts.model.config} cannot be read as a model: {facts.configured}")
    if isinstance(facts.configured_draft, str) and facts.draft_model is not None:
        key = ("serving", "speculative", "model", "config")
        yield Complaint(key, f"{facts.draft_model.config} cannot be read as a model: {facts.configured_draft}")


RULE = Rule(
    name="model-config-not-understood",
    severity=Severity.ERROR,
    failure=Failure.OOM,
    summary="the model's config.json cannot be read, or its architecture is not understood",
    why="Heads, layers and states of the file decide what a token takes in the KV cache. A shape that is guessed gives "
    "a plan that looks right and is wrong by up to seven times, as with layers that only keep a window.",
    help="state the numbers in model.shape, or take the config.json of the checkpoint that is served",
    evidence=(
        Evidence(
            "https://github.com/jethac/dgx-spark-hijinks",
            "Gemma 4 with 8,192 tokens of context: a request takes 7.3 times the bytes of its full layers",
        ),
        Evidence(
            "vllm-project/vllm vllm/v1/kv_cache_interface.py", "0.33.0: each kind of layer has a cache of its own"
        ),
    ),
    check=check,
    bad="model: {id: olka-fi/MiniMax-M2.7-MXFP4, config: not-there/config.json}",
    good="model: {id: olka-fi/MiniMax-M2.7-MXFP4}",
)
