"""The report for a person."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_examples import ALL, ALLOWED, HOSTILE, OPEN_PORT, PATH, PLACELESS, SAME_ADDRESS, TEXTS, span

from sparkc.findings import Finding, Remark, Severity, Span
from sparkc.report import Format, render
from sparkc.report.excerpt import excerpt


def text(*findings: Finding, **options) -> str:
    return render(findings, TEXTS, Format.TEXT, **options)


def test_findings_read_like_this(snapshot):
    snapshot.assert_match(text(*ALL), "plain.txt")


def test_findings_in_colour_read_like_this(snapshot):
    snapshot.assert_match(text(*ALL, colour=True, show_allowed=True), "colour.txt")


def test_allowed_findings_read_like_this(snapshot):
    snapshot.assert_match(text(ALLOWED, show_allowed=True), "allowed.txt")


def test_hostile_text_reads_like_this(snapshot):
    snapshot.assert_match(text(hostile_finding()), "hostile.txt")


def hostile_finding() -> Finding:
    return Finding(
        rule=HOSTILE,
        severity=Severity.ERROR,
        message=HOSTILE,
        span=span(2, 7, 11),
        help=HOSTILE,
        variant=HOSTILE,
        remarks=(Remark(replace(span(2, 7, 11), path=HOSTILE), HOSTILE),),
    )


def test_colour_adds_nothing_but_colour():
    without = re.sub(r"\x1b\[[0-9;]*m", "", text(*ALL, colour=True))
    assert without == text(*ALL)


@pytest.mark.parametrize(
    ("findings", "tally"),
    [
        pytest.param((), "no findings", id="nothing"),
        pytest.param((SAME_ADDRESS,), "1 error", id="one is singular"),
        pytest.param((SAME_ADDRESS, replace(SAME_ADDRESS, rule="other"), OPEN_PORT), "2 errors, 1 warning", id="mixed"),
        pytest.param((PLACELESS,), "1 note", id="a note"),
        pytest.param((ALLOWED,), "no findings, 1 allowed", id="allowed ones weigh nothing"),
    ],
)
def test_last_line_counts(findings, tally):
    assert text(*findings).splitlines()[-1] == tally


def test_allowed_findings_are_counted_and_not_shown():
    assert "image-not-pinned" not in text(ALLOWED)


def test_finding_that_variants_share_is_told_once():
    shared = [replace(SAME_ADDRESS, variant=name) for name in (None, "agentic", "published")]
    report = text(*shared)
    assert report.count("10.0.0.1, which spark-1") == 1
    assert "error[hosts-share-an-address] HANG (in the base, agentic, published): " in report
    assert report.endswith("1 error\n")


def test_findings_that_differ_in_place_are_told_apart():
    report = text(OPEN_PORT, replace(OPEN_PORT, variant="published", span=span(7, 1, 8)))
    assert "(in variant agentic)" in report
    assert "(in variant published)" in report


@pytest.mark.parametrize(
    ("line", "column", "end_column", "shown", "carets"),
    [
        pytest.param("key: value", 6, 11, "key: value", "     ^^^^^", id="ascii"),
        pytest.param("key: value", 6, 6, "key: value", "     ^", id="an empty piece still gets a caret"),
        pytest.param("key:", 5, 5, "key:", "    ^", id="behind the end of the line"),
        pytest.param("key:", 90, 95, "key:", "    ^", id="far behind the end of the line"),
        pytest.param("\tkey: x", 7, 8, "    key: x", "         ^", id="a tab goes to the next stop"),
        pytest.param("ab\tx", 4, 5, "ab  x", "    ^", id="a tab behind two letters is two wide"),
        pytest.param("模型: x", 5, 6, "模型: x", "      ^", id="wide characters take two columns"),
        pytest.param("a: 模型", 4, 6, "a: 模型", "   ^^^^", id="carets below wide characters are wide"),
        pytest.param("e\u0301: x", 5, 6, "e\u0301: x", "   ^", id="a combining mark takes no column"),
        pytest.param("e\u0301: x", 1, 3, "e\u0301: x", "^", id="carets below a combined letter count it once"),
        pytest.param("a\x1b[31m: x", 9, 10, "a\\x1b[31m: x", "           ^", id="an escape sequence is spelled out"),
        pytest.param("a\u202eb: x", 5, 6, "a\\u202eb: x", "          ^"[1:], id="a turn of direction is spelled out"),
        pytest.param("\U000e0001: x", 4, 5, "\\U000e0001: x", "            ^", id="a tag beyond the first plane"),
    ],
)
def test_carets_stand_below_the_piece(line, column, end_column, shown, carets):
    found = excerpt(line, span(1, column, end_column))
    assert (found.line, found.carets) == (shown, carets)


def test_piece_of_several_lines_is_marked_to_the_end_of_its_first():
    found = excerpt("a: [1,\n  2]\n", span(1, 4, 5, end_line=2))
    assert (found.line, found.carets) == ("a: [1,", "   ^^^")


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_yaml_counts_them(line_break):
    document = line_break.join(("a\x0c\x85\u2028: 1", "b: 2"))
    assert excerpt(document, span(2, 4, 5)).line == "b: 2"


@pytest.mark.parametrize("line", [0, 3, 99])
def test_line_that_is_not_there_shows_nothing(line):
    assert excerpt("a\nb", span(line, 1, 2)) is None


def test_place_in_an_unknown_file_is_named_without_its_line():
    elsewhere = replace(SAME_ADDRESS, span=span(6, 1, 2, path="clusters/rack.yaml"), remarks=())
    assert text(elsewhere).splitlines()[:2] == [
        (
            "clusters/rack.yaml:6:1: error[hosts-share-an-address] HANG: "
            "spark-2 has the address 10.0.0.1, which spark-1 has already"
        ),
        "  help: give every host its own address on the fabric",
    ]


@pytest.mark.parametrize("column", [1, 50, 5_000, 100_000])
def test_endless_line_is_cut_around_the_piece(column):
    line = "".join(chr(ord("a") + n % 26) for n in range(99_999)) + "!"
    found = excerpt(line, span(1, column, column + 1))
    assert len(found.line) <= 102
    assert found.line[len(found.carets) - 1] == line[column - 1]
    assert found.carets.strip() == "^"


def test_long_piece_of_a_cut_line_is_marked_to_the_cut():
    found = excerpt("x" * 10_000, span(1, 1, 10_001))
    assert found.line == "x" * 100 + "…"
    assert found.carets == "^" * 100


@given(line=st.text(), column=st.integers(1, 400), length=st.integers(0, 400))
def test_no_line_can_act_on_the_terminal(line, column, length):
    report = render(
        [replace(SAME_ADDRESS, message=line, span=span(1, column, column + length))], {PATH: line}, Format.TEXT
    )
    acting = {c for c in report if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert acting <= {"\n"}
    assert "^" in report


def test_a_line_that_holds_a_secret_is_not_printed():
    source = "env:\n  HF_TOKEN: hf_abcdef\n"
    secret = Finding("literal-secret", Severity.ERROR, "a secret", Span("x.yaml", 2, 13, 2, 22), hides_source=True)
    assert "hf_abcdef" not in render([secret], {"x.yaml": source}, Format.TEXT)
    assert "hf_abcdef" in render([replace(secret, hides_source=False)], {"x.yaml": source}, Format.TEXT)
