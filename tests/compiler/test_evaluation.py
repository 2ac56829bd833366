"""How long questions and answers of an evaluation are: as documented where the context allows, else a part of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from compiling import compiled_text

from sparkc.plan import Plan

EXAMPLE = Path(__file__).parent.parent.parent / "compiler/sparkc/rules/examples/single.yaml"


def plan_with(context: int, folder: Path) -> Plan:
    spec = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    spec["serving"] |= {"max_model_len": context, "max_num_batched_tokens": 2048}
    (launch,) = compiled_text(yaml.safe_dump(spec), folder).launches
    assert launch.plan is not None
    return launch.plan


@pytest.mark.parametrize(
    ("context", "prompt", "answer", "depth"),
    [
        (131072, 2048, 32768, 100_000),
        (102_177, 2048, 32768, 100_000),
        (102_176, 2048, 32768, 51_088),
        (35_001, 2048, 32768, 17_500),
        pytest.param(35_000, 2048, 17_500, 17_500, id="no room for the question"),
        pytest.param(2048, 512, 1024, 1024, id="no room for the published load"),
    ],
)
def test_all_three_fit_into_the_context(context: int, prompt: int, answer: int, depth: int, tmp_path: Path) -> None:
    plan = plan_with(context, tmp_path)
    evaluation = plan.evaluation
    found = [evaluation.prompt.value, evaluation.longest_answer.value, evaluation.depth.value]
    assert found == [str(prompt), str(answer), str(depth)]
    assert depth + prompt + 128 <= context
    assert plan.bench is not None
    assert plan.bench.argv[plan.bench.argv.index("--random-input-len") + 1] == str(prompt)


def test_the_reason_names_the_context(tmp_path: Path) -> None:
    assert plan_with(2048, tmp_path).evaluation.prompt.because.reason == "a quarter of a context of 2,048 tokens"
