"""What is written in systemd's syntax reads back as what was meant."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit_text import command, read_unit, split_words, value

import plans
from sparkc_targets.command import Part
from sparkc_targets.unitfile import (
    Command,
    Line,
    Section,
    command_word,
    name_part,
    path,
    plain,
    unit_file,
    word,
)
from tools import need_tool

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


@given(st.lists(TEXTS, min_size=1))
def test_any_words_read_back(texts: list[str]) -> None:
    assert split_words(" ".join(map(word, texts))) == texts


@given(st.lists(TEXTS), TEXTS)
def test_any_command_reads_back_with_reasons_between_its_words(texts: list[str], why: str) -> None:
    parts = (Part(("docker", "run")), *(Part((text, "last"), why) for text in texts))
    text = unit_file([why], [Section("Service", (Command("ExecStart", parts, prefix="-", why=why),))])
    assert command(value(read_unit(text), "ExecStart")) == [
        "docker",
        "run",
        *(word for part in texts for word in (part, "last")),
    ]


@given(TEXTS)
def test_a_text_for_people_stays_one_assignment(text: str) -> None:
    unit = read_unit(unit_file([], [Section("Unit", (Line("Description", plain(text)), Line("After", word("b"))))]))
    assert [found.key for found in unit] == ["Description", "After"]


@given(TEXTS)
def test_nothing_written_is_invisible(text: str) -> None:
    lines = (Line("A", word(text), text), Line("B", plain(text)), Line("C", path(f"/srv/{text}")))
    written = unit_file([text], [Section("X", (*lines, Command("D", (Part(("true", text), text),))))])
    assert not [char for char in written if ord(char) < 32 and char != "\n"]
    assert not set("\x7f\x85\xa0\u200b\u2028\u202e\u2066") & set(written)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        pytest.param("--max-model-len", "--max-model-len", id="plain words stay readable"),
        pytest.param("", '""', id="an empty word is still a word"),
        pytest.param("#no", '"#no"', id="no comment in a continued line"),
        pytest.param(";", '";"', id="no second command"),
        pytest.param("50%", '"50%%"', id="no specifier"),
        pytest.param("$HOME", '"$$HOME"', id="no variable"),
        pytest.param("a\nb\\", r'"a\nb\\"', id="no end of line, no continuation"),
        pytest.param("\U000e0041", r'"\U000e0041"', id="what nobody can see is spelled out"),
    ],
)
def test_a_word_of_a_command_is_spelled(text: str, spelled: str) -> None:
    assert command_word(text) == spelled


def test_a_program_that_systemd_would_misread_is_refused() -> None:
    for program in ("-rf", "+x", "$SHELL", "a b", "%h/x", ""):
        with pytest.raises(ValueError, match="cannot be named as a program"):
            unit_file([], [Section("Service", (Command("ExecStart", (Part((program,)),)),))])


def test_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        word("a\x00b")


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("/srv/models", "/srv/models"),
        ("/srv/two words", '"/srv/two words"'),
        ('/srv/"50%"\\', r'"/srv/\"50%%\"\\"'),
        ("/srv/a\nb/c", "/srv"),
        ("/a\nb", "/"),
    ],
)
def test_a_path_ends_before_what_cannot_be_written(text: str, spelled: str) -> None:
    assert path(text) == spelled


@pytest.mark.parametrize("text", ["enp1s0f0np0", "en-p1", "br.10", ".x", "a b", "ü", "a@b", "veth%d", "a:b_c"])
def test_names_are_escaped_as_systemd_escape_does(text: str) -> None:
    wanted = subprocess.run(
        [need_tool("systemd-escape"), "--", text], capture_output=True, text=True, check=True
    ).stdout.rstrip("\n")
    assert name_part(text) == wanted


def test_hostile_texts_read_back() -> None:
    texts = [*plans.HOSTILE, plans.NASTY]
    assert split_words(" ".join(map(word, texts))) == texts
