"""Text stays data: in shell words, comments, Markdown, Mermaid and templates."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markdown_it import MarkdownIt

import plans
from sparkc_targets.quoting import Quoted, comment, markdown, markdown_code, mermaid, sh, sh_words
from sparkc_targets.templates import UnquotedError, environment

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


def bash_words(script: str, locale: str) -> list[str]:
    words = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {script}"], env={"LC_ALL": locale}, capture_output=True, check=True
    ).stdout
    return words.decode().split("\0")[:-1]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_hostile_texts_survive_bash(locale: str) -> None:
    texts = [*plans.HOSTILE, plans.NASTY, "~/x", "~", "C:\\", "\\'", "it's", "[0]=x", "a=~/b", "-n", "’", "\xa0"]
    assert bash_words(str(sh_words(texts)), locale) == texts


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, min_size=1))
def test_any_text_survives_bash(texts: list[str]) -> None:
    assert bash_words(str(sh_words(texts)), "C.UTF-8") == texts


@given(TEXTS)
def test_a_shell_word_is_one_line_and_shows_every_character(text: str) -> None:
    word = sh(text)
    assert len(word.splitlines()) == 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b\u202e\u2066]", word)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "''"),
        (8002, "8002"),
        ("--max-model-len", "--max-model-len"),
        ("/srv/models/M2.7", "/srv/models/M2.7"),
        ("two words", "'two words'"),
        ("the worker's log", '"the worker\'s log"'),
        ("it's $5", "'it'$'\\'''s $5'"),
        ("a\nb", "'a'$'\\n''b'"),
    ],
)
def test_a_shell_word_is_quoted_no_more_than_it_needs(text: str, word: str) -> None:
    assert sh(text) == word


def test_what_no_program_can_be_given_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        sh("a\x00b")


@given(TEXTS)
def test_a_comment_stays_on_its_line_and_gives_no_orders(text: str) -> None:
    line = comment(text)
    assert "\n" not in line
    assert len(line.splitlines()) <= 1
    assert not line.endswith("\\")
    assert not line.startswith("shellcheck")
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b\u202e\u2066]", line)


def test_a_comment_keeps_ordinary_text_as_it_is() -> None:
    assert comment("30 % of 119 GiB — naïve, “quoted”, 火") == "30 % of 119 GiB — naïve, “quoted”, 火"


@pytest.mark.parametrize("text", [*plans.HOSTILE, plans.NASTY, "1. one", "1) one", "+ x", "= x", "&lt;", "a_b_c"])
def test_markdown_shows_the_text_and_nothing_else(text: str) -> None:
    """Rendered as CommonMark, the only element is one paragraph with exactly this text."""
    tokens = MarkdownIt("commonmark").parse(markdown(text))
    shown = "".join(child.content for token in tokens for child in token.children or ())
    assert [token.type for token in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"])
    assert {child.type for token in tokens for child in token.children or ()} <= {"text", "text_special"}
    assert shown == comment(text)


@pytest.mark.parametrize("text", [*plans.HOSTILE, plans.NASTY])
def test_a_table_cell_stays_one_cell(text: str) -> None:
    row = f"| a | b |\n|---|---|\n| {markdown(text)} | {markdown_code(text)} |\n"
    tokens = MarkdownIt("commonmark").enable("table").parse(row)
    assert [token.type for token in tokens].count("td_open") == 2


@pytest.mark.parametrize("text", plans.HOSTILE)
def test_code_shows_the_text(text: str) -> None:
    inline = MarkdownIt("commonmark").parseInline(markdown_code(text))[0].children or []
    assert "".join(child.content for child in inline if child.type != "html_inline").strip() == comment(text)
    assert [child.content for child in inline if child.type == "html_inline"] in ([], ["<code>", "</code>"])


@given(TEXTS)
def test_a_mermaid_label_has_nothing_that_mermaid_acts_on(text: str) -> None:
    label = mermaid(text)
    assert re.fullmatch(r'"[^"<>\[\]{}()|`\n\\]*"', label)


def test_a_template_that_prints_an_unquoted_value_is_an_error() -> None:
    template = environment().from_string("key={{ value }}")
    with pytest.raises(UnquotedError, match="'x; y'"):
        template.render(value="x; y")


def test_a_quoted_value_that_was_changed_afterwards_is_unquoted_again() -> None:
    template = environment().from_string("key={{ (value | sh).strip('\\'') }}")
    with pytest.raises(UnquotedError):
        template.render(value="x; y")


def test_a_template_prints_quoted_values_and_keeps_bash_arrays() -> None:
    template = environment().from_string("for ((i = 0; i < ${#{{ value | sh }}[@]}; i++))\n")
    assert template.render(value="words") == "for ((i = 0; i < ${#words[@]}; i++))\n"


def test_a_name_that_was_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ absent | sh }}").render()


def test_quoted_text_is_text() -> None:
    assert isinstance(sh("x"), Quoted)
    assert f"{sh('x y')}" == "'x y'"
