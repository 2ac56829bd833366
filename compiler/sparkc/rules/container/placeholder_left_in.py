"""A piece of somebody's template that was never filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule

PLACEHOLDER = re.compile(r"\|[A-Za-z_]\w*\||<[A-Za-z][\w -]*>|\$\{?[A-Za-z_]\w*\}?|\{\{.*?\}\}|^/path/to(?=/)")
"""Substitutions of Sphinx, angle brackets, shell variables, templates, and the folder that every manual is written
with. None of them is part of a name or a path."""


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report placeholders in the image and in paths."""
    for key, text in _names(facts):
        found = PLACEHOLDER.search(text or "")
        if found:
            yield Complaint(key, f"found `{found.group()}` in `{text}`, wanted the value that it stands for")


def _names(facts: Facts) -> Iterator[tuple[KeyPath, str | None]]:
    yield ("engine", "image"), facts.image.ref
    yield ("nodes", "install_dir"), facts.nodes.install_dir
    yield ("nodes", "cache_dir"), facts.nodes.cache_dir
    drafts = facts.serving.speculative.options if facts.serving.speculative else None
    if drafts is not None and isinstance(drafts.get("model"), str):
        yield ("serving", "speculative", "options", "model"), drafts["model"]
    for key, host in one_per_place(facts, "model", "path"):
        yield key, host.model.path
    for key, host in one_per_place(facts, "container", "mounts"):
        for index, mount in enumerate(host.container.mounts or ()):
            yield (*key, index, "host"), mount.host
            yield (*key, index, "to"), mount.to


RULE = Rule(
    name="placeholder-left-in",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="a copied command still holds a placeholder",
    why="Instructions are written with placeholders, and some are published without being rendered. sparkc quotes "
    "every value, so nothing fills them in later: the image is not found, or a folder of that very name is created.",
    help="put in the value",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "an image tag `|vllm_ascend_version|` was published unrendered in the text of v0.21.0rc1; its folders are "
            "`/path/to/weight/…`",
        ),
    ),
    check=check,
    bad="engine: {image: {ref: 'vllm-ascend:|vllm_ascend_version|'}}",
    good="engine: {image: {ref: 'vllm-ascend:v0.21.0rc1'}}",
)
