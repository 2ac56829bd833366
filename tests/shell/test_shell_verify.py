"""`verify`: what it sends, what it accepts, and what it calls a failure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fleet import Fleet

import plans
from committed import committed
from sparkc.plan import InsideCheck, Secret

CHAT = "/v1/chat/completions"
SANE = "The page cache keeps file contents in memory, so reading them again needs no disk."


def completion(content: str | None, finish: str = "stop", **message: object) -> str:
    return json.dumps(
        {"choices": [{"message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}]}
    )


def tool_answer(name: str = "get_current_weather", arguments: str = '{"location": "Paris"}') -> str:
    return completion(None, "tool_calls", tool_calls=[{"function": {"name": name, "arguments": arguments}}])


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return two Sparks that serve sanely."""
    fleet = Fleet(tmp_path, plans.two_sparks())
    fleet.serves()
    fleet.answer(CHAT, completion(SANE))
    fleet.answer(CHAT + ".tools", tool_answer())
    return fleet


def bodies(fleet: Fleet) -> list[dict[str, object]]:
    return [json.loads(call.words[0]) for call in fleet.calls("curl-body")]


def test_a_sane_service_passes(fleet: Fleet) -> None:
    ended = fleet.run("verify")
    assert ended.status == 0, ended.text
    assert 'ok    http://10.0.0.1:8002: tool call: get_current_weather({"location": "Paris"})' in ended.out
    assert "ok    minimax-m27-head: marker: MXFP4 experts run on Marlin" in ended.out


def test_the_chat_is_asked_with_the_models_own_sampling(fleet: Fleet) -> None:
    fleet.run("verify")
    chat = bodies(fleet)[0]
    assert (chat["model"], chat["temperature"], chat["top_p"]) == ("minimax-m2.7", 1.0, 0.95)


def test_the_tool_is_offered_and_not_forced(fleet: Fleet) -> None:
    fleet.run("verify")
    request = bodies(fleet)[1]
    assert (request["tool_choice"], request["temperature"], request["max_tokens"]) == ("auto", 0, 512)
    assert request["tools"][0]["function"]["name"] == "get_current_weather"  # type: ignore[index]


def test_the_service_is_asked_on_its_own_node(fleet: Fleet) -> None:
    fleet.run("verify")
    assert {call.at for call in fleet.calls("curl")} == {"spark-1"}


def test_a_harmless_line_is_named_and_fails_nothing(fleet: Fleet) -> None:
    ended = fleet.run("verify")
    assert (
        "info  minimax-m27-head: harmless: does not have native support for FP4: Marlin is the faster path" in ended.out
    )
    assert ended.status == 0


@pytest.mark.parametrize(
    ("chat", "says"),
    [
        pytest.param(completion("Hello ]~b] world"), "the control token ]~b] stands in the answer", id="leaked token"),
        pytest.param(completion("", reasoning_content="x [e~[ y"), "control token [e~[", id="leaked in the reasoning"),
        pytest.param(completion("!" * 300), "the answer is noise: one character stands 24 times", id="noise"),
        pytest.param(completion(""), "the answer is empty (finish_reason stop)", id="empty"),
        pytest.param("<html>", "the answer is not JSON: <html>", id="a proxy's page"),
    ],
)
def test_an_answer_that_is_not_sane_fails(fleet: Fleet, chat: str, says: str) -> None:
    fleet.answer(CHAT, chat)
    ended = fleet.run("verify")
    assert ended.status == 1
    assert says in ended.out


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_an_answer_that_was_cut_while_thinking_is_a_warning(fleet: Fleet, field: str) -> None:
    fleet.answer(CHAT, completion(None, "length", **{field: "The user asks about caches, so I should explain\ufffd"}))
    ended = fleet.run("verify")
    assert ended.status == 0, ended.text
    assert "it was still thinking when the answer was cut" in ended.out


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(
            completion("<tool_call>get_current_weather"), "no tool was called (finish_reason stop)", id="text"
        ),
        pytest.param(tool_answer(name="weather"), "weather was called", id="another tool"),
        pytest.param(
            tool_answer(arguments="{location: Paris}"), "its arguments name no location", id="broken arguments"
        ),
    ],
)
def test_a_tool_call_that_does_not_work_fails(fleet: Fleet, answer: str, says: str) -> None:
    fleet.answer(CHAT + ".tools", answer)
    ended = fleet.run("verify")
    assert ended.status == 1
    assert says in ended.out


def test_a_marker_that_is_absent_fails_with_what_it_looked_for(fleet: Fleet) -> None:
    fleet.play("spark-1", "logs", "echo Using CUTLASS backend")
    ended = fleet.run("verify")
    assert ended.status == 1
    assert "no log line proves: MXFP4 experts run on Marlin (looked for Using MARLIN .*MxFp4)" in ended.out


def test_a_service_that_is_not_there_fails_and_the_log_is_still_read(fleet: Fleet) -> None:
    (fleet.root / "http" / "v1_models").unlink()
    ended = fleet.run("verify")
    assert ended.status == 1
    assert "no answer: curl: (7) Failed to connect" in ended.out
    assert "MXFP4 experts run on Marlin" in ended.out


def test_the_key_reaches_curl_and_stands_in_no_argument(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text('sk-"1\\2"\n')
    plan = plans.two_sparks()
    secret = Secret("API_KEY", "api_key", str(key), "/run/secrets/api_key", plans.spec("serving.api_key", "clients"))
    fleet = Fleet(tmp_path / "fleet", replace(plan, service=replace(plan.service, api_key=secret)))
    fleet.serves()
    fleet.answer(CHAT, completion(SANE))
    fleet.answer(CHAT + ".tools", tool_answer())
    assert fleet.run("verify").status == 0
    configs = {call.words[0] for call in fleet.calls("curl-config")}
    assert configs == {'header = "Authorization: Bearer sk-\\"1\\\\2\\""'}
    for call in (*fleet.calls("curl"), *fleet.calls("ssh")):
        assert not any("sk-" in word for word in call.words)


def test_an_embedding_is_looked_at_by_its_numbers(tmp_path: Path) -> None:
    plan = plans.two_sparks()
    fleet = Fleet(tmp_path, replace(plan, service=replace(plan.service, task="embed")))
    fleet.serves()
    fleet.answer("/v1/embeddings", '{"data":[{"embedding":[0.1,-0.2,0.3]}]}')
    ended = fleet.run("verify")
    assert ended.status == 0, ended.text
    assert "embedding: 3 numbers" in ended.out
    fleet.answer("/v1/embeddings", '{"data":[{"embedding":[0.0,0.0,0.0]}]}')
    assert fleet.run("verify").status == 1


def test_a_rerank_must_put_the_answer_first(tmp_path: Path) -> None:
    plan = plans.two_sparks()
    fleet = Fleet(tmp_path, replace(plan, service=replace(plan.service, task="rerank")))
    fleet.serves()
    fleet.answer("/rerank", '{"results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.1}]}')
    assert fleet.run("verify").status == 0
    fleet.answer("/rerank", '{"results":[{"index":0,"relevance_score":0.9},{"index":1,"relevance_score":0.1}]}')
    assert fleet.run("verify").status == 1


def with_inside_checks(tmp_path: Path) -> Fleet:
    because = plans.derived("test", "a check")
    inside = (
        InsideCheck("NPUs", ("npu-smi", "info"), "the container sees its NPUs", "look at the devices", because),
        InsideCheck("library", ("test", "-e", "/lib/a b.so"), "/lib/a b.so is in the image", "install it", because),
    )
    plan = plans.two_sparks()
    fleet = Fleet(tmp_path, replace(plan, service=replace(plan.service, inside=inside)))
    fleet.serves()
    fleet.answer(CHAT, completion(SANE))
    fleet.answer(CHAT + ".tools", tool_answer())
    return fleet


def test_what_the_launch_relies_on_is_tried_in_the_container(tmp_path: Path) -> None:
    fleet = with_inside_checks(tmp_path)
    ended = fleet.run("verify")

    assert ended.status == 0, ended.text
    assert "ok    minimax-m27-head: NPUs: the container sees its NPUs" in ended.out
    words = [call.words for call in fleet.calls("node.sh", "spark-1") if call.words[0] == "exec"]
    assert words == [
        ("exec", "minimax-m27-head", "npu-smi", "info"),
        ("exec", "minimax-m27-head", "test", "-e", "/lib/a b.so"),
    ]


def test_what_fails_in_the_container_fails_verify(tmp_path: Path) -> None:
    fleet = with_inside_checks(tmp_path)
    fleet.play("spark-1", "exec", 'echo "tried: $*"; [[ $* != *test* ]]\n')
    ended = fleet.run("verify")

    assert ended.status == 1
    assert "fail  minimax-m27-head: library: not proven: /lib/a b.so is in the image" in ended.text
    assert "install it" in ended.text


def test_a_proxy_without_a_list_of_models_is_asked_for_an_answer(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, committed("minimax-m27-w8a8-a3-pd", "corrected"))
    (fleet.node("atlas-1") / "play" / "logs").write_text(
        "printf 'tensor_parallel_size=8, enforce_eager=True enable_expert_parallel=True\\n'\n"
    )
    assert "http://10.0.0.1:8009: models" in fleet.run("verify").out, "nothing answers"
    fleet.answer("/healthcheck", '{"status": "ok"}')
    fleet.answer(CHAT, completion(SANE))
    ended = fleet.run("verify")
    assert ended.status == 0, ended.text
    assert "ok    http://10.0.0.1:8009: proxy: it answers, and lists no models; the chat asks for minimax" in ended.out
    assert [body["model"] for body in bodies(fleet)] == ["minimax"]
