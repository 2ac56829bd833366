"""Text to values: what YAML 1.2 means, what is refused, where things stand, and that no text stalls the parser."""

from __future__ import annotations

import json
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkc.findings import Finding, Span
from sparkc.source import yaml12
from sparkc.source.document import Document
from sparkc.source.files import MAX_BYTES, UNREADABLE
from sparkc.source.node import Mapping
from sparkc.source.yaml12 import MAX_DEPTH, parse

# Generous: the slowest hostile text below takes a tenth of it on a laptop. A quadratic parser needs minutes.
SECONDS = 5.0


def document(text: str) -> Document:
    root, findings = parse(text, "x.yaml", "x.yaml")
    assert findings == []
    assert root is not None
    return Document(root)


def troubles(text: str) -> list[Finding]:
    return parse(text, "x.yaml", "x.yaml")[1]


def rules(text: str) -> list[str]:
    return [finding.rule for finding in troubles(text)]


def place(span: Span) -> tuple[int, int, int, int]:
    return span.line, span.column, span.end_line, span.end_column


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # The tables of https://yaml.org/spec/1.2.2/#103-core-schema
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("~", None),
        ("", None),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("0", 0),
        ("-19", -19),
        ("+12", 12),
        ("007", 7),
        ("0o7", 7),
        ("0o14", 12),
        ("0x3A", 58),
        ("0.", 0.0),
        ("-0.0", 0.0),
        (".5", 0.5),
        ("+12e03", 12000.0),
        ("-2E+05", -200000.0),
        ("1e10", 1e10),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
        # Text, whatever YAML 1.1 made of it
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("tRUE", "tRUE"),
        ("22:22", "22:22"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("-0x1F", "-0x1F"),
        ("0o8", "0o8"),
        ("2027-03-31", "2027-03-31"),
        ("0.18.1rc1", "0.18.1rc1"),
        ("1e", "1e"),
        (".", "."),
        ("٣", "٣"),
        ("'8002'", "8002"),
        ('"null"', "null"),
        ('"\\u263A"', "☺"),
        ("= a", "= a"),
        ("|\n  one\n  two", "one\ntwo"),
        (">-\n  one\n  two", "one two"),
    ],
)
def test_scalar_means_what_the_core_schema_says(text: str, value: object) -> None:
    found = document(f"key: {text}").plain()["key"]
    assert found == value
    assert isinstance(found, type(value))


@pytest.mark.parametrize("text", ["0.970", "1e10", "007", "0x10", "+5", "1."])
def test_number_keeps_its_spelling(text: str) -> None:
    assert document(f"key: {text}").plain()["key"].text == text


@pytest.mark.parametrize(
    "text",
    [
        ".inf",
        "-.INF",
        ".nan",
        "1e999",
        "1e-999",
        "18446744073709551616",
        "-9223372036854775809",
        "0xFFFFFFFFFFFFFFFFF",
        "9" * 5000,
        "1" * 5000 + ".5",
    ],
    ids=lambda text: text[:20],
)
def test_number_that_no_program_can_take_is_reported(text: str) -> None:
    assert rules(f"key: {text}") == ["number-out-of-range"]


@pytest.mark.parametrize("text", ["0e-999", "0.0", "-0"])
def test_zero_is_no_number_out_of_range(text: str) -> None:
    assert document(f"key: {text}").plain() == {"key": 0}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty-spec"),
        ("# only words\n", "empty-spec"),
        ("---\n...\n", "not-a-mapping"),
        ("key", "not-a-mapping"),
        ("- a\n- b\n", "not-a-mapping"),
        ("42", "not-a-mapping"),
        ("a: 1\na: 2\n", "duplicate-key"),
        ('a: 1\n"a": 2\n', "duplicate-key"),
        ("8002: a\n", "key-is-not-text"),
        ("null: a\n", "key-is-not-text"),
        ("1e999: a\n", "key-is-not-text"),
        (": a\n", "not-yaml"),
        ("? [a]\n: b\n", "key-is-not-text"),
        ("? {a: b}\n", "key-is-not-text"),
        ("a: &n 1\n*n : b\n", "key-is-not-text"),
        ("<<: {a: 1}\n", "merge-key"),
        ("a: !python/object:os.system x\n", "tag-without-meaning"),
        ("a: !!str 8\n", "tag-without-meaning"),
        ("!!map {a: 1}\n", "tag-without-meaning"),
        ("a: !u!x y\n", "not-yaml"),
        ("a: 1\n---\nb: 2\n", "several-documents"),
        ("a: *b\n", "unknown-anchor"),
        ("a: &b [*b]\n", "alias-loop"),
        ("%YAML 1.1\n---\na: 1\n", "directive"),
        ("%TAG ! tag:x,2026:\n---\na: 1\n", "directive"),
        ("%SPARKC\n---\na: 1\n", "directive"),
        ("a: 1\n...\n%YAML 1.1\n---\nb: 1\n", "directive"),
        ("a: \x00\n", "forbidden-character"),
        ("a: \x85\n", "forbidden-character"),
        ("a: \x9b\n", "forbidden-character"),
        ("a: \u2028b\n", "forbidden-character"),
        ("a: \ufeffb\n", "forbidden-character"),
        ("a: \ud83d\n", "forbidden-character"),
        ("a: \x7f\n", "forbidden-character"),
        ("\ta: 1\n", "not-yaml"),
        ("a: [1, 2\n", "not-yaml"),
        ("a: 'b\n", "not-yaml"),
        ('a: "\\q"\n', "not-yaml"),
        ('a: "\\ud800"\n', "not-yaml"),
        ("a: @b\n", "not-yaml"),
        ("a: b: c\n", "not-yaml"),
        ("a: 1\n  b: 2\n", "not-yaml"),
        ("a: - b\n", "not-yaml"),
        ("a: 'b' c\n", "not-yaml"),
        ("a: \x1b]0;x\n", "forbidden-character"),
    ],
)
def test_loud_text_gives_one_finding_with_place_and_way_out(text: str, rule: str) -> None:
    (finding,) = troubles(text)
    assert finding.rule == rule
    assert finding.span is not None
    assert finding.help
    assert "invalid" not in finding.message
    assert finding.message.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffa: 1\n",
        "a: 1\r\nb: 2\r\n",
        "%YAML 1.2\n---\na: 1\n...\n",
        "--- {a: 1}\n",
        'a: "<<"\n"<<": b\n',
        "a: &x {b: 1}\nc: *x\nd: *x\n",
        "a:\tb\n",
        "x: &k key\n*k : 2\n",
        "? a\n: b\n",
        '"8002": a\n',
        "on: 1\nno: 2\n",
        "a: 100%\nb: 'x%y'\n",
        "{}\n",
        "a: 🙂\n",
    ],
)
def test_quiet_text_gives_no_finding(text: str) -> None:
    assert troubles(text) == []


def test_all_independent_problems_come_at_once() -> None:
    text = "a: !x 1\nb: .inf\na: 2\n1: 3\n<<: {}\nc: *q\nd: [*q]\n"
    assert rules(text) == [
        "tag-without-meaning",
        "number-out-of-range",
        "duplicate-key",
        "key-is-not-text",
        "merge-key",
        "unknown-anchor",
        "unknown-anchor",
    ]


def test_problems_before_a_syntax_error_are_kept() -> None:
    assert rules("a: .inf\nb: [\n") == ["number-out-of-range", "not-yaml"]


def test_duplicate_key_keeps_the_first_value_and_names_its_place() -> None:
    root, (finding,) = parse("port: 1\nhost: h\nport: 2\n", "x.yaml", "x.yaml")
    assert root is not None
    assert Document(root).plain() == {"port": 1, "host": "h"}
    assert finding.span == Span("x.yaml", 3, 1, 3, 5)
    assert [(remark.span.line, remark.message) for remark in finding.remarks] == [(1, "first named here")]


def test_each_kind_of_forbidden_character_is_reported_once() -> None:
    found = troubles("a: \x00\x01\x00\nb: \x00\n")
    assert [(finding.span.line, finding.span.column) for finding in found if finding.span] == [(1, 4), (1, 5)]
    assert "3 times" in found[0].message


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: 1\nb: 'never closed\n\n", 2, 4),
        ("a: [1, 2\nb: 3\n", 1, 4),
        ("a: [1, {b: 2,\n\n", 1, 8),
        ("a: [", 1, 4),
        ("a: 1\n\tb: 2\n", 2, 1),
        ("a: x: y\n", 1, 5),
        ("ä: 🙂 x: y\n", 1, 7),
        ("a: 1\r\nb: @c\r\n", 2, 4),
    ],
)
def test_syntax_error_points_at_its_cause(text: str, line: int, column: int) -> None:
    (finding,) = troubles(text)
    assert finding.span is not None
    assert (finding.span.line, finding.span.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        pytest.param("port: 8002\n", (1, 1, 1, 5), (1, 7, 1, 11), id="plain"),
        pytest.param("port: 'a b' # c\n", (1, 1, 1, 5), (1, 7, 1, 12), id="single quotes belong to the value"),
        pytest.param('"port" : "a\\n"\n', (1, 1, 1, 7), (1, 10, 1, 15), id="escapes count as typed"),
        pytest.param("port: a\n  b\n", (1, 1, 1, 5), (1, 7, 2, 4), id="two lines"),
        pytest.param('port: "a\n\n  b"\n', (1, 1, 1, 5), (1, 7, 3, 5), id="quotes over three lines"),
        pytest.param("port: |\n  a\n  b\n", (1, 1, 1, 5), (1, 7, 4, 1), id="a block ends on the next line"),
        pytest.param("port:\n", (1, 1, 1, 5), (1, 6, 1, 6), id="nothing stands behind the colon"),
        pytest.param("port: [1,\r\n 2]\r\n", (1, 1, 1, 5), (1, 7, 2, 4), id="flow list, Windows line ends"),
        pytest.param("port:\n  - 1\n  - 2\n\n# c\n", (1, 1, 1, 5), (2, 3, 3, 6), id="block list ends with its item"),
        pytest.param("port:\n  a: 1\n  b: 22\n\n", (1, 1, 1, 5), (2, 3, 3, 8), id="block mapping likewise"),
        pytest.param("{🙂: ü, port: x}", (1, 8, 1, 12), (1, 14, 1, 15), id="columns count characters, not bytes"),
        pytest.param("\ufeffport: 1\n", (1, 1, 1, 5), (1, 7, 1, 8), id="a byte order mark takes no column"),
        pytest.param("x: &a 1\nport: *a\n", (2, 1, 2, 5), (2, 7, 2, 9), id="an alias stands where it is written"),
        pytest.param("\r\n\rport: 1\r", (3, 1, 3, 5), (3, 7, 3, 8), id="a lone CR ends a line"),
    ],
)
def test_places_of_key_and_value_are_exact(text: str, key: tuple[int, ...], value: tuple[int, ...]) -> None:
    found = document(text)
    assert place(found.key_span(("port",))) == key
    assert place(found.span(("port",))) == value


def nested(opening: str, closing: str, depth: int) -> str:
    return "a: " + opening * depth + "1" + closing * depth


def test_depth_is_counted_exactly() -> None:
    assert rules(nested("[", "]", MAX_DEPTH - 1)) == []
    assert rules(nested("[", "]", MAX_DEPTH)) == ["too-deep"]


def test_depth_counts_through_aliases() -> None:
    deep = "x: &x " + "[" * 30 + "]" * 30 + "\n"
    assert rules(deep + "y: " + "[" * 33 + "*x" + "]" * 33) == []
    assert rules(deep + "y: " + "[" * 34 + "*x" + "]" * 34) == ["too-deep"]


def billion_laughs(levels: int) -> str:
    lines = ["l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("[" * 100_000, "too-deep", id="brackets"),
        pytest.param("a: " + "{b: " * 100_000, "too-deep", id="braces"),
        pytest.param("- " * 100_000, "too-deep", id="dashes on one line"),
        pytest.param("".join(" " * n + "a:\n" for n in range(1000)), "too-deep", id="indented keys"),
        pytest.param("? " * 100_000, "too-deep", id="explicit keys"),
        pytest.param("[{" * 50_000, "too-deep", id="mixed brackets"),
        pytest.param(billion_laughs(10), "too-many-aliases", id="a billion laughs"),
        pytest.param("a: &a 1\nb: [" + "*a," * 5000 + "]", "too-many-aliases", id="many small aliases"),
        pytest.param("a: [" + "1," * 400_000 + "]", "too-large", id="many values"),
        pytest.param("".join(f"k{n}: 1\n" for n in range(90_000)), "too-large", id="many keys"),
        pytest.param("a: 1\n" * 9000, "duplicate-key", id="one key many times"),
        pytest.param("".join(f"%TAG !{n}! x\n" for n in range(60_000)) + "---\na: 1", "directive", id="directives"),
        pytest.param("a: 'b\n" + "\n" * 900_000, "not-yaml", id="open quote"),
        pytest.param("---\n" * 200_000, "several-documents", id="documents"),
        pytest.param("\x00" * 1_000_000, "forbidden-character", id="NUL bytes"),
        pytest.param("".join(map(chr, range(0xD800, 0xE000))) * 400, "forbidden-character", id="surrogates"),
        pytest.param(":" * 1_000_000, "not-yaml", id="colons"),
        pytest.param("!a " * 300_000, "not-yaml", id="tags"),
        pytest.param("a: " + "9" * 1_000_000, "number-out-of-range", id="a million digits"),
        pytest.param("a: 0x" + "f" * 1_000_000, "number-out-of-range", id="a million hexadecimal digits"),
        pytest.param("a: " + "1" * 500_000 + "e" + "1" * 500_000, "number-out-of-range", id="a long exponent"),
        pytest.param("x" * (50 * 2**20), "too-large", id="50 MB"),
        pytest.param("a: [" + "*q," * 9000 + "]", "unknown-anchor", id="unknown anchors"),
        pytest.param("&a " * 300_000, "not-yaml", id="anchors"),
    ],
)
def test_hostile_text_is_refused_in_bounded_time(text: str, rule: str) -> None:
    start = time.monotonic()
    found = rules(text)
    assert time.monotonic() - start < SECONDS
    assert rule in found


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "x " * 500_000,
        "a: |\n" + "  x\n" * 250_000,
        "a: 1\n" + "#\n" * 500_000,
        'a: "' + "\\n" * 500_000 + '"',
        "a: 1" + "\n" * 1_000_000,
    ],
    ids=["words", "block", "comments", "escapes", "empty lines"],
)
def test_long_harmless_text_is_read_in_bounded_time(text: str) -> None:
    start = time.monotonic()
    assert rules(text) == []
    assert time.monotonic() - start < SECONDS


def test_spec_of_200_lines_is_read_in_milliseconds() -> None:
    text = "".join(f"key{n}: {{name: value {n}, size: {n}}}\n" for n in range(200))
    start = time.monotonic()
    assert rules(text) == []
    assert time.monotonic() - start < 0.5  # takes about 5 ms; the bound allows for a busy machine


def test_text_at_the_size_limit_is_read_and_one_more_is_not() -> None:
    text = "a: 1\n#"
    assert rules(text.ljust(MAX_BYTES, "x")) == []
    assert rules(text.ljust(MAX_BYTES + 1, "x")) == ["too-large"]


def test_parser_written_in_python_gives_the_same_values_and_places(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: [1, 'x', {b: 0.50}]\nc:\n  - &k d\n  - *k\ne: >-\n  f\n  g\nh: no\n"
    fast = parse(text, "x.yaml", "x.yaml")
    monkeypatch.setattr(yaml12, "Loader", yaml.SafeLoader)
    assert parse(text, "x.yaml", "x.yaml") == fast


@pytest.mark.parametrize("text", ["a: 'b\n", "a: b: c\n", "a: [1\n", "\ta: 1\n", "a: @b\n", "a: 'b' c\n", 'a: "\\q"\n'])
def test_parser_written_in_python_complains_in_our_words_too(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml12, "Loader", yaml.SafeLoader)
    (finding,) = troubles(text)
    assert finding.rule == "not-yaml"
    assert "<" not in finding.message  # "expected <block end>, but found '<scalar>'" is nothing to show a person


def assert_sound(root: Mapping | None, findings: list[Finding], text: str) -> None:
    """A text gives values or says why not, and every place lies in the text."""
    assert root is not None or findings
    if root is None:
        assert any(finding.rule in UNREADABLE | NOT_A_SPEC for finding in findings)
    lines = text.count("\n") + text.count("\r") + 2
    for finding in findings:
        assert finding.span is not None
        assert 1 <= finding.span.line <= lines
        assert finding.message.isprintable()


NOT_A_SPEC = frozenset({"empty-spec", "not-a-mapping", "several-documents"})

FRAGMENTS = st.sampled_from(
    ["a", "b", ": ", ":", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ",", "&a ", "*a ", "!x ", "'", '"', "|",
     ">", "#", "%", "---\n", "...\n", "\t", "\r\n", "1", "0x", "1e9", ".inf", "~", "<<", "? ", "\\", "\\u", "@", "ü",
     "🙂", "\x00", "\ufeff", "\u2028", "%YAML 1.2\n", "null", "-", "+", "\ud800"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text_gives_values_or_findings(text: str) -> None:
    assert_sound(*parse(text, "x.yaml", "x.yaml"), text)


@settings(max_examples=1500, deadline=None)
@given(st.lists(FRAGMENTS, max_size=30).map("".join))
def test_any_yaml_like_text_gives_values_or_findings(text: str) -> None:
    assert_sound(*parse(text, "x.yaml", "x.yaml"), text)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # json writes characters beyond U+FFFF as two halves, which YAML does not join, and DEL as it is, which it forbids
    | st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"], exclude_characters="\x7f")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text("abc", min_size=1), JSON_VALUES, max_size=5))
def test_json_arrives_as_it_is(value: dict[str, object]) -> None:
    assert document(json.dumps(value)).plain() == value
