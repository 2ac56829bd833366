"""Numbers from text are numbers everywhere, and remember their spelling."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from pydantic import TypeAdapter

from sparkc.source.node import Decimal, Integer


@pytest.mark.parametrize("strict", [False, True])
def test_pydantic_takes_them_as_plain_numbers(strict: bool) -> None:
    assert TypeAdapter(int).validate_python(Integer(16, "0x10"), strict=strict) == 16
    assert TypeAdapter(float).validate_python(Decimal(0.97, "0.970"), strict=strict) == 0.97
    assert TypeAdapter(float).validate_python(Integer(1, "01"), strict=strict) == 1.0


@pytest.mark.parametrize(("number", "plain"), [(Integer(16, "0x10"), 16), (Decimal(0.5, "0.50"), 0.5)])
def test_they_look_and_compare_like_plain_numbers(number: Integer | Decimal, plain: float) -> None:
    assert number == plain
    assert hash(number) == hash(plain)
    assert (repr(number), str(number), f"{number}") == (repr(plain),) * 3
    assert json.dumps(number) == json.dumps(plain)


@pytest.mark.parametrize("number", [Integer(16, "0x10"), Decimal(0.5, "0.50")])
def test_spelling_survives_copies_and_other_processes(number: Integer | Decimal) -> None:
    for twin in (copy.deepcopy(number), pickle.loads(pickle.dumps(number))):
        assert twin == number
        assert twin.text == number.text


def test_computed_numbers_are_spelled_as_python_prints_them() -> None:
    assert (Integer(8).text, Decimal(0.5).text) == ("8", "0.5")
