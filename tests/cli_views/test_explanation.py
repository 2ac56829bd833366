"""`sparkc explain`: every decision can be found, by name, by key, by value, and by the line that spells it."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from plans import NASTY, hostile, one_spark, two_sparks
from sparkc.plan import Because
from sparkc.report.explanation import comment_beside, found, found_on_line, nearest_name, told
from sparkc.views.decisions import decisions


def names(what: str) -> list[str]:
    return [decision.name for decision in found(two_sparks(), what)]


def reasons_in(value: Any) -> int:
    """Count the reasons in a Plan without the walk that is under test."""
    if isinstance(value, Because):
        return 1
    if isinstance(value, tuple):
        return sum(map(reasons_in, value))
    if is_dataclass(value):
        return sum(reasons_in(getattr(value, field.name)) for field in fields(value))
    return 0


@pytest.mark.parametrize("make", [two_sparks, one_spark, hostile])
def test_every_reason_of_a_plan_is_reached(make: Any) -> None:
    plan = make()
    assert len(list(decisions(plan))) == reasons_in(plan) > 30


@pytest.mark.parametrize(
    ("what", "name"),
    [
        pytest.param("--max-model-len", "--max-model-len", id="a flag as it is"),
        pytest.param("max-model-len", "--max-model-len", id="a flag without its dashes"),
        pytest.param("max_model_len", "--max-model-len", id="a flag with underscores"),
        pytest.param("nccl-socket-ifname", "NCCL_SOCKET_IFNAME", id="a variable in lower case"),
        pytest.param("drop-page-cache", "drop-page-cache", id="a step"),
        pytest.param("/dev/infiniband", "/dev/infiniband", id="a device"),
        pytest.param("memlock", "memlock", id="a limit"),
        pytest.param("IPC_LOCK", "IPC_LOCK", id="a capability"),
        pytest.param("restart", "restart", id="the restart policy"),
        pytest.param("image", "image", id="the image"),
        pytest.param("HF_TOKEN", "HF_TOKEN", id="a secret"),
        pytest.param("serving.max_model_len", "--max-model-len", id="a key of the spec"),
        pytest.param("object-store-uncapped", "--object-store-memory", id="the rule that decided"),
        pytest.param("serving.memory", "--gpu-memory-utilization", id="a key around the one that decided"),
        pytest.param("/root/.cache/vllm", "/root/.cache/vllm", id="a path in the container"),
        pytest.param("/home/ops/.cache/vllm", "/root/.cache/vllm", id="the path on the node behind a mount"),
        pytest.param("8002", "--port", id="a value"),
        pytest.param("2 Ray nodes with 2 GPUs", "2 Ray nodes with 2 GPUs", id="a condition"),
        pytest.param("minimax_m2", "--tool-call-parser", id="a value that looks like a name"),
    ],
)
def test_a_decision_is_found_by(what: str, name: str) -> None:
    assert name in names(what)


@pytest.mark.parametrize(
    ("what", "others"),
    [
        pytest.param("max_model_len", 1, id="a name means itself and nothing that holds it"),
        pytest.param("port", 2, id="the API's and Ray's"),
        pytest.param("limits", 1, id="a sort means all of it"),
        pytest.param("mounts", 2, id="all mounts"),
    ],
)
def test_the_nearest_meaning_wins(what: str, others: int) -> None:
    assert len(names(what)) == others


def test_what_is_not_there_is_not_found_and_a_slip_is_guessed() -> None:
    assert names("max-modle-len") == []
    assert nearest_name(two_sparks(), "max-modle-len") == "--max-model-len"
    assert nearest_name(two_sparks(), "NCCL_SOCKET_IFNAM") == "NCCL_SOCKET_IFNAME"
    assert nearest_name(two_sparks(), "quite something else") is None


def test_it_tells_value_places_decider_reason_and_link() -> None:
    assert told(found(two_sparks(), "object-store-memory")) == (
        "--object-store-memory 1073741824\n"
        "  where    process raylet, container minimax-m27-head, node spark-1 (arguments)\n"
        "           process raylet, container minimax-m27-worker, node spark-2 (arguments)\n"
        "  decided  rule object-store-uncapped object-store-uncapped\n"
        "  why      30 % of 119 GiB would go to the store\n"
        "  link     https://al-engr.com/minimax-m2.7-dual-spark.html\n"
    )


def test_values_that_differ_between_nodes_are_told_apart() -> None:
    text = told(found(two_sparks(), "VLLM_HOST_IP"))
    first, second = text.split("\n\n")
    assert "10.0.0.1" in first
    assert "spark-1" in first
    assert "spark-2" not in first
    assert "10.0.0.2" in second


def test_nothing_in_a_reason_acts_on_the_terminal() -> None:
    text = told(found(hostile(), "arguments"))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e\u2066]", text)
    assert "\\u202e" in text
    assert NASTY[:20] in text


# --- by line ----------------------------------------------------------------------------------------------------------

SCRIPT = """\
#!/bin/bash
# minimax-m27: what the container minimax-m27-head on spark-1 runs

command_1=(
  # rule object-store-uncapped: 30 % of 119 GiB would go to the store
  --object-store-memory 1073741824
  # pass ports: Ray's own default
  --port 6379
)
command_2=(
  # spec serving.port: port 8002, as clients know it
  --port 8002
  --no-comment-here
)
  # rule driver-starts-alone: with 1 node vLLM serves on 1 GPU and says nothing
  wait_for '2 Ray nodes with 2 GPUs' 1800 \\
    "Look at the worker's log; it says what it waits for." \\
    ray_nodes 2 2
  --env 'VLLM_HOST_IP=10.0.0.2'
"""


@pytest.mark.parametrize(
    ("line", "told_of"),
    [
        pytest.param(6, [("--object-store-memory", "1073741824")], id="a flag"),
        pytest.param(5, [("--object-store-memory", "1073741824")], id="the reason above it"),
        pytest.param(8, [("--port", "6379")], id="one of two flags of a name"),
        pytest.param(12, [("--port", "8002")], id="the other one"),
        pytest.param(2, [], id="the header"),
        pytest.param(13, [], id="a line of no setting, though its neighbours have reasons"),
        pytest.param(18, ["2 Ray nodes with 2 GPUs"], id="a line that goes on from the one before"),
        pytest.param(15, ["2 Ray nodes with 2 GPUs"], id="the reason of a long statement"),
        pytest.param(19, [("VLLM_HOST_IP", "10.0.0.2")], id="a value tells nodes apart"),
    ],
)
def test_a_line_of_a_script_is_told_by_what_it_spells(line: int, told_of: list[Any]) -> None:
    chosen = found_on_line(two_sparks(), "shell/nodes/spark-1/start-minimax-m27-head.sh", SCRIPT, line)
    got = [
        (decision.name, decision.value) if told_of and isinstance(told_of[0], tuple) else decision.name
        for decision in chosen
    ]
    assert got == told_of


def test_the_path_of_the_file_tells_nodes_apart() -> None:
    line = "  --network host\n"
    for node in ("spark-1", "spark-2"):
        chosen = found_on_line(two_sparks(), f"shell/nodes/{node}/run.sh", line, 1)
        [places] = chosen.values()
        assert [place.named("node") for place in places] == [node]


@pytest.mark.parametrize(
    ("line", "comment"),
    [
        pytest.param(6, "rule object-store-uncapped: 30 % of 119 GiB would go to the store", id="above a flag"),
        pytest.param(
            18,
            "rule driver-starts-alone: with 1 node vLLM serves on 1 GPU and says nothing",
            id="above a long statement",
        ),
        pytest.param(13, "", id="none"),
    ],
)
def test_the_comment_above_a_line_is_what_the_file_itself_says(line: int, comment: str) -> None:
    assert comment_beside(SCRIPT, line) == comment
