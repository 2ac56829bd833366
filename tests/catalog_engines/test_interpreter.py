from __future__ import annotations

import ast
from pathlib import Path

import pytest
from trees import installed

from sparkc.extract.frames import Frame
from sparkc.extract.interpreter import Interpreter
from sparkc.extract.natives import LIBRARY
from sparkc.extract.sources import Sources
from sparkc.extract.tree import open_tree
from sparkc.extract.values import Raised, Unknown

HOME = """
    import os
    import sys
    from enum import Enum
    from elsewhere import something
    from . import neighbour
    from .neighbour import *
    if os.name == "nt":
        CHOSEN = 1
    else:
        CHOSEN = 2
    GROWING = ["a"]
    GROWING += ["b"]
    try:
        from missing_package import fast as speed
    except ImportError:
        speed = None
    LOOP = LOOP_TWO
    LOOP_TWO = LOOP

    class Colour(Enum):
        RED = "r"
        BLUE = "b"
        MIXED = (RED, BLUE)

    class Base:
        size = 1
        def twice(self): return 2
        @classmethod
        def name(cls): return cls.__name__

    class Child(Base):
        @classmethod
        def name(cls): return super().name() + "!"

    def total(*numbers, start=0, **rest):
        for number in numbers:
            if number is None:
                continue
            if number < 0:
                break
            start += number
        return start

    def careful(text):
        try:
            return int(text)
        except ValueError:
            return -1
        finally:
            pass

    def maybe():
        found = []
        if something():
            found.append("then")
        else:
            found.append("otherwise")
        return found
"""


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    files = {"pkg/__init__.py": "", "pkg/home.py": HOME, "pkg/neighbour.py": "SHARED = 7\nclass Thing: ...\n"}
    folder = installed(tmp_path_factory.mktemp("site"), "pkg", "1.0", files)
    return Interpreter(Sources(open_tree(folder, ("pkg",))), LIBRARY)


def value(interpreter: Interpreter, text: str) -> object:
    return interpreter.evaluate(ast.parse(text, mode="eval").body, Frame("pkg.home"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3", 7),
        ("'a' in GROWING and 'b' in GROWING", True),
        ("{**{'x': 1}, 'y': 2}", {"x": 1, "y": 2}),
        ("[n * 2 for n in (1, 2, 3) if n > 1]", [4, 6]),
        ("{k: v for k, v in [('a', 1)]}", {"a": 1}),
        ('f\'--{"a_b".replace("_", "-")}\'', "--a-b"),
        ("CHOSEN if SHARED == 7 else 0", 2),
        ("neighbour.SHARED", 7),
        ("[member.name for member in Colour]", ["RED", "BLUE", "MIXED"]),
        ("Colour['BLUE'].value", "b"),
        ("Colour.RED.value", "r"),
        ("list(Colour.__members__)", ["RED", "BLUE", "MIXED"]),
        ("Child.name()", "Child!"),
        ("Child.size", 1),
        ("total(1, None, 2, -1, 5)", 3),
        ("total(1, start=10, other=3)", 11),
        ("careful('12')", 12),
        ("careful('x')", -1),
        ("(found := 3) and found", 3),
        ("(lambda s: s.lower())('ABC')", "abc"),
        ("'x' if 1 < 2 < 3 else 'y'", "x"),
        ("[1, 2, 3][1:]", [2, 3]),
        ("not sys.argv", True),
    ],
)
def test_ordinary_python_has_its_ordinary_value(interpreter: Interpreter, text: str, wanted: object) -> None:
    assert value(interpreter, text) == wanted


@pytest.mark.parametrize("text", ["something()", "something() + 1", "f'{something()}'", "something().x['y']", "LOOP"])
def test_what_only_the_engine_knows_stays_unknown(interpreter: Interpreter, text: str) -> None:
    assert isinstance(value(interpreter, text), Unknown)


def test_both_ways_are_taken_when_the_machine_decides(interpreter: Interpreter) -> None:
    assert value(interpreter, "maybe()") == ["then", "otherwise"]


@pytest.mark.parametrize(
    ("text", "name"), [("{}['x']", "KeyError"), ("int('x')", "ValueError"), ("1 + 'a'", "TypeError")]
)
def test_an_exception_of_the_source_is_told_by_name(interpreter: Interpreter, text: str, name: str) -> None:
    with pytest.raises(Raised) as raised:
        value(interpreter, text)
    assert raised.value.name == name


def test_reading_executes_nothing(tmp_path: Path) -> None:
    """A release is data: a module that would delete a file when imported leaves it alone."""
    witness = tmp_path / "witness"
    witness.write_text("still here")
    files = {"pkg/__init__.py": f"import os\nos.remove({str(witness)!r})\nGONE = open({str(witness)!r}, 'w')\nX = 1\n"}
    reader = Interpreter(Sources(open_tree(installed(tmp_path / "site", "pkg", "1", files), ("pkg",))), LIBRARY)
    assert reader.look_up("pkg", "X") == 1
    assert isinstance(reader.look_up("pkg", "GONE"), Unknown)
    assert witness.read_text() == "still here"
