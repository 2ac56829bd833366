"""A variable that no known program reads."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.variables import images_reading, in_other_case, known_names
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variables
from sparkc.rules.fates import fate_of
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.source.spelling import nearest


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variables(facts):
        if (
            facts.variable(word.name) is None
            and not _may_be_read(facts, word.name)
            and not _has_a_fate(facts, word.name)
        ):
            yield Complaint(
                word.key, f"{word.name} is read by no program that the catalogs know", help=_help(facts, word.name)
            )


def _may_be_read(facts: Facts, name: str) -> bool:
    """Tell whether a reader may be at hand that this rule cannot know, or another rule speaks of the name."""
    if name.startswith(("VLLM_", "SGLANG_", "SGL_")) and facts.engine_names is None:
        return True
    if name.startswith("RAY_") and (facts.ray_names is None or facts.ray_names.in_other_case(name)):
        # Of Ray's names in another case a rule of their own speaks.
        return True
    return any(name in text for text in facts.files.values())


def _has_a_fate(facts: Facts, name: str) -> bool:
    """Tell whether `variable-not-in-this-version` speaks of the name."""
    return facts.names_are_exact and facts.engine_names is not None and fate_of(name, facts.engine_names) is not None


def _help(facts: Facts, name: str) -> str | None:
    other_case = in_other_case(name, facts.engine_names, facts.ray_names)
    if other_case is not None:
        return f"case matters: did you mean `{other_case}`?"
    images = images_reading(name)
    if images:
        return f"only the image {' and '.join(images)} is known to read it; remove the variable, or take that image"
    guess = nearest(name, known_names(facts.engine_names, facts.ray_names))
    return f"did you mean `{guess}`?" if guess else None


RULE = Rule(
    name="variable-unknown",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="no known program reads this variable",
    why="A misspelt variable is silent: the program goes on with its default. Names compare with case, so that "
    "RAY_MEMORY_USAGE_THRESHOLD is another word than RAY_memory_usage_threshold; and vLLM drops names from "
    "release to release, warning once at most.",
    help="correct the name, or allow this rule and say which program reads it",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/envs.py",
            "0.18.1: an unknown VLLM_ name is a warning, unless --fail-on-environ-validation is given",
        ),
        Evidence(
            "ray-project/ray src/ray/common/ray_config_def.h", "2.54.0: lower case after RAY_, compared as they are"
        ),
    ),
    bad='env: {VLLM_MARLIN_USE_ATOMIC_AD: "1"}',
    good='env: {VLLM_MARLIN_USE_ATOMIC_ADD: "1"}',
    check=_check,
)
