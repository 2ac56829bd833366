"""The draft model stands where only the engine looks."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--speculative-config"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    named = structure(plan, FLAG).get("model")
    stated = facts.draft_model
    known = () if stated is None else tuple(facts.head.on_node(name) for name in (stated.path, stated.id) if name)
    if isinstance(named, str) and named not in known:
        yield Complaint(
            place(plan, facts, FLAG), f"the configuration has model {named}, wanted serving.speculative.model"
        )


RULE = Rule(
    name="draft-model-in-options",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the draft model is named among the engine's own keys, where nothing else looks",
    why="The name reaches the engine, and nothing brings the files there: no mount, no copy to the other nodes, no "
    "check before the start, no share in the memory plan. The engine fails after the whole load of the model, or one "
    "rank drafts with other files.",
    help="move it to serving.speculative.model: {id, revision}, or {path} for files that were made on the nodes",
    evidence=(
        Evidence("vllm-project/vllm vllm/config/speculative.py", "0.18.1 to 0.33.0: `model` is a Hub id or a folder"),
        Evidence(
            "tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3 m3vllm.sh",
            "a padded draft that was made on the nodes; with it 131072 tokens fail by 80 MB of cache, 129408 fit",
        ),
    ),
    bad="""
serving:
  speculative: {method: eagle3, num_speculative_tokens: 3, options: {model: /srv/models/draft}}
""",
    good="""
serving:
  speculative: {method: eagle3, num_speculative_tokens: 3, model: {path: /srv/models/draft, size: 2 GB}}
""",
    base="single",
    check=_check,
)
