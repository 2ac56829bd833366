"""Reading answers with bash alone: JSON, and telling text from noise."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sparkc_targets.control
from sparkc_targets.control.deployment import symptom_pattern

LIBRARY = Path(sparkc_targets.control.__file__).parent / "lib"

LEAVES = """
set -u
. "$1/say.sh"; . "$1/json.sh"
text=$(cat; printf x)
read_json "${text%x}" || exit 9
for path in "${!JSON[@]}"; do printf '%s\\0%s\\0' "$path" "${JSON[$path]}"; done
"""
NOISE = '. "$1/say.sh"; . "$1/garbled.sh"; garbled "$2"'


def leaves(text: str, locale: str = "C.UTF-8") -> dict[str, str] | None:
    """Return what read_json finds, or None when it refuses the text."""
    done = subprocess.run(
        ["bash", "-c", LEAVES, "bash", str(LIBRARY)],
        input=text.encode(),
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": locale},
        check=False,
    )
    assert done.stderr == b""
    if done.returncode == 9:
        return None
    words = done.stdout.decode().split("\0")[:-1]
    return dict(zip(words[::2], words[1::2], strict=True))


def noise(text: str) -> str:
    return subprocess.run(
        ["bash", "-c", NOISE, "bash", str(LIBRARY), text],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        check=True,
    ).stdout


def flat(value: object, path: str = "") -> dict[str, str]:
    """Return the leaves of a value as read_json names them; null leaves none."""
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in flat(item, f"{path}.{key}").items()}
    if isinstance(value, list):
        return {k: v for n, item in enumerate(value) for k, v in flat(item, f"{path}[{n}]").items()}
    if value is None:
        return {}
    return {path: value if isinstance(value, str) else json.dumps(value)}


# As vLLM answers a chat completion with a tool call; ids shortened.
TOOL_ANSWER = r"""{"id":"chatcmpl-1","object":"chat.completion","created":1763600000,"model":"minimax-m2.7","choices":[
{"index":0,"message":{"role":"assistant","content":"<think>\nThe user wants \"Paris\".\n</think>\n\n","refusal":null,
"annotations":null,"audio":null,"function_call":null,"tool_calls":[{"id":"call_1","type":"function","function":
{"name":"get_current_weather","arguments":"{\"location\": \"Paris\", \"unit\": \"celsius\"}"}}],
"reasoning_content":null},"logprobs":null,"finish_reason":"tool_calls","stop_reason":null}],"usage":{"prompt_tokens":203,"total_tokens":262},
"kv_transfer_params":null}"""


def test_a_tool_call_is_found_and_its_arguments_are_unescaped() -> None:
    found = leaves(TOOL_ANSWER)
    assert found is not None
    assert found[".choices[0].message.tool_calls[0].function.name"] == "get_current_weather"
    assert found[".choices[0].message.tool_calls[0].function.arguments"] == '{"location": "Paris", "unit": "celsius"}'
    assert found[".choices[0].message.content"] == '<think>\nThe user wants "Paris".\n</think>\n\n'
    assert ".choices[0].message.refusal" not in found


@pytest.mark.parametrize(
    "text",
    [
        r'{"a": "\u00e9\u20ac\ud83d\ude00 \\ \/ \b\f\n\r\t \" end\\"}',
        r'{"a": "{\"b\": [1, 2]}", "c": [], "d": {}, "e": [[], [[1]], {"f": -1.5}]}',
        '{"a": "' + "日本語 ✓" + '", "empty": "", "true": true, "z": false, "n": null}',
        '[1, "two", null, {"three": 3}]',
        '{\n  "spread" :\n [ 1 ,\n 2 ]\n}\n',
    ],
)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_json_is_read_as_python_reads_it(text: str, locale: str) -> None:
    assert leaves(text, locale) == flat(json.loads(text))


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("xyz"), _JSON, max_size=3), st.booleans())
def test_any_json_is_read_as_python_reads_it(value: dict[str, object], ascii_only: bool) -> None:
    assert leaves(json.dumps(value, ensure_ascii=ascii_only)) == flat(value)


def test_a_text_may_end_in_a_slash() -> None:
    assert leaves('{"x": "/", "y": ["https://one/", "two"]}') == {".x": "/", ".y[0]": "https://one/", ".y[1]": "two"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html><body>502 Bad Gateway</body></html>",
        "Internal Server Error",
        '"a text alone"',
        '{"cut": "off',
        '{"cut": [1, 2',
        '{"a" 1}',
        "{]",
        '{"a": 1} trailing',
        '{"a": $(touch pwned)}',
    ],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    assert leaves(text) is None


SANE = (
    "The page cache keeps recently used file contents in memory, so that reading them again needs no disk.",
    "Yes.",
    "| a | b |\n|---|---|\n| 1 | 2 |\n----------------------------------\n1. **First**: `x = 1`\n2. *Second*…",
    "ha ha ha ha, and 1000000000000000 zeros",
    "Der Seitencache hält Dateien im Speicher, damit erneutes Lesen schneller geht – größtenteils.",
    "a b " * 5,
    "",
)
GARBLED = {
    "!" * 200: "one character stands 24 times in a row",
    "the " * 40: '"the" stands 10 times in a row',
    "the of " * 40: "of 80 words only 2 differ",
    "Hello \ufffd\ufffd world": "it holds U+FFFD",
    "abc\x01\x02def": "it holds control characters",
    "的地得" * 30: "more than half of it is outside ASCII",
    "}{)(*&^%$#@!~`;:'\"<>,./?\\|[]{}()*&^%$#@!~<>": "less than a quarter of it is letters",
}


@pytest.mark.parametrize("text", SANE)
def test_a_sane_answer_is_not_called_noise(text: str) -> None:
    assert noise(text) == ""


@pytest.mark.parametrize(("text", "reason"), GARBLED.items(), ids=GARBLED.values())
def test_noise_is_called_by_its_sign(text: str, reason: str) -> None:
    assert reason in noise(text)


@pytest.mark.parametrize(
    ("symptom", "line", "matches"),
    [
        ("Free memory (11.19/119.67 GiB)", "ValueError: Free memory (8/119.70 GiB) is", True),
        ("Free memory (11.19/119.67 GiB)", "Free memory 8/119", False),
        ("3 unique IP addresses", "got 4 unique  IP addresses", True),
        ("capacity is unbalanced. Some… 0.9=91.20", "capacity is unbalanced. Some GPUs * 0.9=88.1", True),
        ("a.b", "axb", False),
        ("$(x) [y] ^z", "$(x) [y] ^z", True),
    ],
)
def test_a_quoted_message_is_found_with_other_numbers(symptom: str, line: str, matches: bool) -> None:
    done = subprocess.run(["grep", "-qE", "-e", symptom_pattern(symptom)], input=line, text=True, check=False)
    assert (done.returncode == 0) is matches
