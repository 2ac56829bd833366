"""Did you mean: guesses that help, and no guess where none is close."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkc.source.spelling import nearest, shown

KEYS = (
    "model", "quant", "engine", "nodes", "interconnect", "parallelism", "serving", "args", "env", "tensor", "tp", "pp",
    "max_model_len", "max_num_seqs", "gpu_memory_utilization", "port", "host", "hosts", "ray", "mp", "roce", "tcp",
    "mxfp4", "nvfp4", "fp8",
)  # fmt: skip


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("modle", "model"),
        ("Model", "model"),
        ("tensro", "tensor"),
        ("pt", "tp"),
        ("ary", "ray"),
        ("roec", "roce"),
        ("max-model-len", "max_model_len"),
        ("max_len", "max_model_len"),
        ("memory_utilization", "gpu_memory_utilization"),
        ("interconect", "interconnect"),
        ("paralelism", "parallelism"),
        ("host", "host"),
        ("hostss", "hosts"),
        ("prot", "port"),
        ("mxpf4", "mxfp4"),
        ("nodess", "nodes"),
    ],
)
def test_close_word_is_found(word: str, meant: str) -> None:
    assert nearest(word, KEYS) == meant


@pytest.mark.parametrize("word", ["", "x", "kubernetes", "e", "x" * 100_000])
def test_nothing_is_guessed_where_nothing_is_close(word: str) -> None:
    assert nearest(word, KEYS) is None


def test_another_real_format_is_no_misspelling() -> None:
    assert nearest("fp4", ("fp8", "bf16")) is None
    assert nearest("fp4", KEYS) == "mxfp4"


def test_first_of_equally_near_words_is_taken() -> None:
    assert nearest("abcx", ("abcd", "abce")) == "abcd"


@given(st.text())
def test_shown_text_never_breaks_a_line(text: str) -> None:
    found = shown(text)
    assert found.isprintable()
    assert found.startswith("`")
    assert found.endswith("`")


def test_shown_text_is_cut_where_it_grows_long() -> None:
    assert len(shown("a" * 1_000_000)) < 100
