"""Look-up by key path, with a sensible place for what is not there."""

from __future__ import annotations

import pytest

from sparkc.findings import KeyPath
from sparkc.source.document import Document
from sparkc.source.yaml12 import parse

TEXT = """\
# a spec
model: {id: m}
nodes:
  hosts:
    - name: one
    - name: two
"""


@pytest.fixture
def document() -> Document:
    root, _ = parse(TEXT, "x.yaml", "x.yaml")
    assert root is not None
    return Document(root)


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        pytest.param(("model", "id"), "2:13-2:14", "2:9-2:11", id="a leaf"),
        pytest.param(("nodes", "hosts"), "5:5-6:16", "4:3-4:8", id="a list"),
        pytest.param(("nodes", "hosts", 1), "6:7-6:16", "6:7-6:16", id="an item has no key"),
        pytest.param(("nodes", "hosts", 1, "name"), "6:13-6:16", "6:7-6:11", id="in an item"),
        pytest.param(("model", "revision"), "2:1-2:6", "2:1-2:6", id="a missing key: the key around it"),
        pytest.param(("model", "a", "b", 0), "2:1-2:6", "2:1-2:6", id="missing for several levels"),
        pytest.param(("nodes", "hosts", 1, "ssh"), "6:7-6:16", "6:7-6:16", id="a key missing in an item"),
        pytest.param(("nodes", "hosts", 9), "4:3-4:8", "4:3-4:8", id="an item that is not there"),
        pytest.param(("model", "id", "x"), "2:9-2:11", "2:9-2:11", id="below a scalar"),
        pytest.param(("quant",), "2:1-2:1", "2:1-2:1", id="missing at the top: where the mapping begins"),
        pytest.param((), "2:1-2:1", "2:1-2:1", id="the whole"),
        pytest.param((0,), "2:1-2:1", "2:1-2:1", id="a number is no key"),
    ],
)
def test_every_path_has_a_place(document: Document, path: KeyPath, value: str, key: str) -> None:
    for span, expected in ((document.span(path), value), (document.key_span(path), key)):
        assert f"{span.line}:{span.column}-{span.end_line}:{span.end_column}" == expected


def test_parts_can_be_taken_out(document: Document) -> None:
    assert document.keys() == ("model", "nodes")
    assert document.without("model", "other").keys() == ("nodes",)
    part = document.at(("nodes", "hosts", 0))
    assert part is not None
    assert part.plain() == {"name": "one"}
    assert document.at(("nodes", "hosts")) is None
    assert document.get(("nodes", "nothing")) is None
    assert document.layer(("nodes", "nothing")) == "x.yaml"


def test_plain_values_are_dicts_and_lists(document: Document) -> None:
    assert document.plain() == {"model": {"id": "m"}, "nodes": {"hosts": [{"name": "one"}, {"name": "two"}]}}
