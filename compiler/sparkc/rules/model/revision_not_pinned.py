"""No commit says which files of the checkpoint are meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule

COMMIT = re.compile(r"[0-9a-f]{7,40}")


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    yield from _of("model", facts.model.id, facts.model.revision)
    # A draft model without an id was made on the nodes, so that no hub can change it.
    if facts.draft_model is not None and facts.draft_model.id is not None:
        yield from _of("serving.speculative.model", facts.draft_model.id, facts.draft_model.revision)


def _of(part: str, repository: str | None, revision: str | None) -> Iterator[Complaint]:
    key = (*part.split("."), "revision")
    if revision is None:
        yield Complaint(key, f"{part}.revision is missing; wanted the commit of {repository}")
    elif not COMMIT.fullmatch(revision):
        yield Complaint(key, f"{part}.revision is {revision}, a branch or tag that can move; wanted a commit")


RULE = Rule(
    name="revision-not-pinned",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="the checkpoint's commit is not pinned",
    why="A repository changes: files are uploaded again, templates are mended. Nodes that fetched on different "
    "days hold different files, and ranks that differ answer nonsense or break; with remote code another day's "
    "code runs.",
    help="set model.revision to the commit that the Hub shows under `Files and versions`",
    evidence=(
        Evidence(
            "mpfaffenberger/MiniMax-M3-NVFP4-DSpark-vLLM-4x-DGX-Spark README.md",
            "the same snapshot revision on every node, or ranks break",
        ),
        Evidence(
            "https://huggingface.co/docs/huggingface_hub/guides/download",
            "a revision names a branch, a tag or a commit",
        ),
    ),
    bad="model: {revision: main}",
    good="model: {revision: 5d1c0f3a9b7e4c2d8f60a1b3c5d7e9f102132435}",
    check=_check,
)
