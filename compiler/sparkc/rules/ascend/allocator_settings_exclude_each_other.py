"""Two settings of the NPU's allocator that torch_npu does not take together."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "PYTORCH_NPU_ALLOC_CONF"
EXPANDABLE = "expandable_segments"
EXCLUDED = ("max_split_size_mb", "garbage_collection_threshold")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variable_texts(facts, VARIABLE):
        settings = dict(_pairs(word.text or ""))
        others = [name for name in EXCLUDED if name in settings]
        if settings.get(EXPANDABLE, "").lower() == "true" and others:
            yield Complaint(
                word.key, f"found {EXPANDABLE}:True beside {' and '.join(others)}, wanted one side or the other"
            )


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in text.split(","):
        name, _, value = pair.partition(":")
        yield name.strip(), value.strip()


RULE = Rule(
    name="allocator-settings-exclude-each-other",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="expandable segments together with a limit that excludes them",
    why="With max_split_size_mb or garbage_collection_threshold, expandable_segments has to be False. vLLM-Ascend adds "
    "expandable_segments:True by itself only where none of the three is given, and passes on what it finds otherwise.",
    help="keep expandable_segments:True and remove the other setting; vLLM-Ascend runs with it when nothing is said",
    evidence=(
        Evidence(
            "Ascend/pytorch docs/zh/environment_variable_reference/PYTORCH_NPU_ALLOC_CONF.md",
            "constraints: one of the two other than its default asks for expandable_segments:False",
        ),
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/platform.py",
            "0.21.0rc1, check_and_update_config: a note of the same, and the default expandable_segments:True",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "A2: 4.1 starts the container with max_split_size_mb:256, and 5.1 sets expandable_segments:True over it",
        ),
    ),
    bad="env: {PYTORCH_NPU_ALLOC_CONF: 'max_split_size_mb:256,expandable_segments:True'}",
    good="env: {PYTORCH_NPU_ALLOC_CONF: 'expandable_segments:True'}",
    base="atlas",
    applies=lambda facts: facts.hardware is not None and facts.hardware.vendor == "ascend",
    check=_check,
)
