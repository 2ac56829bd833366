"""The draft model was trained beside another release of the model."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule

RELEASE = re.compile(r"([a-z]+)-?(\d+\.\d+)")
"""`M2.7`, `Qwen3.6`, `GLM-4.7`: the letters say which line of models, the number which release of it."""


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    drafts = facts.draft_model
    if drafts is None:
        return
    target = _releases(facts.model.id or facts.model.path or "")
    draft = _releases(drafts.id or drafts.path or "")
    for line in sorted(target.keys() & draft.keys()):
        if target[line] != draft[line]:
            yield Complaint(
                ("serving", "speculative", "model"),
                f"found a draft of {line.upper()} {draft[line]} for {line.upper()} {target[line]}, wanted one of the "
                "same release",
            )


def _releases(name: str) -> dict[str, str]:
    return dict(RELEASE.findall(name.lower()))


RULE = Rule(
    name="draft-of-another-release",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="the draft model belongs to another release of the model",
    why="A draft learns to continue what one release thinks. Beside another release the engine starts and answers "
    "correctly, but throws most drafts away: every step pays for tokens that are not used.",
    help="take the draft that was published for this release",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "3.1: MiniMax-M2.7-eagle-model for M2.7, MiniMax-M2.5-eagle-model for M2.5",
        ),
    ),
    bad="""
serving:
  speculative:
    method: eagle3
    num_speculative_tokens: 3
    model: {id: someone/MiniMax-M2.5-eagle-model, revision: 4c1e0f2a, size: 1 GB}
""",
    good="""
serving:
  speculative:
    method: eagle3
    num_speculative_tokens: 3
    model: {id: someone/MiniMax-M2.7-eagle-model, revision: 4c1e0f2a, size: 1 GB}
""",
    base="atlas",
    check=_check,
)
