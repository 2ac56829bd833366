"""Laying mappings over each other obeys simple laws, and places travel along."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sparkc.findings import KeyPath
from sparkc.source.document import Document, lifted, with_overlay
from sparkc.source.node import Mapping
from sparkc.source.overlay import overlay, unused_nulls
from sparkc.source.yaml12 import parse

EMPTY = "{}"


def mapping(text: str, layer: str = "x.yaml") -> Mapping:
    root, findings = parse(text, layer, layer)
    assert findings == []
    assert root is not None
    return root


def merged(base: str, top: str) -> dict[str, Any]:
    return Document(overlay(mapping(base), mapping(top))).plain()


@pytest.mark.parametrize(
    ("base", "top", "result"),
    [
        pytest.param("a: 1", "b: 2", {"a": 1, "b": 2}, id="keys add up"),
        pytest.param("a: 1", "a: 2", {"a": 2}, id="the later value wins"),
        pytest.param("a: {b: 1, c: 2}", "a: {c: 3}", {"a": {"b": 1, "c": 3}}, id="maps merge"),
        pytest.param("a: [1, 2]", "a: [3]", {"a": [3]}, id="lists replace"),
        pytest.param("a: {b: 1}", "a: 2", {"a": 2}, id="a scalar replaces a map"),
        pytest.param("a: 1", "a: {b: 2}", {"a": {"b": 2}}, id="a map replaces a scalar"),
        pytest.param("a: 1\nb: 2", "a: null", {"b": 2}, id="null removes"),
        pytest.param("a: {b: 1}", "a:", {}, id="nothing is null, and removes a whole map"),
        pytest.param("a: 1", "b: {c: null, d: 1}", {"a": 1, "b": {"d": 1}}, id="null in a new map removes nothing"),
        pytest.param("a: [null]", "b: [null]", {"a": [None], "b": [None]}, id="null in a list is a value"),
        pytest.param("a: 1", "args: {x: null}", {"a": 1, "args": {"x": None}}, id="null below args is a word"),
        pytest.param("args: {x: 1}", "args: {x: null}", {"args": {"x": None}}, id="also over a value"),
        pytest.param("args: {x: 1}", "args: null", {}, id="args itself can be removed"),
        pytest.param("env: {X: 1}", "env: {X: null}", {"env": {"X": None}}, id="null below env is a word"),
        pytest.param(
            "roles: {p: {a: 1}}", "roles: {p: {b: ~}}", {"roles": {"p": {"a": 1, "b": None}}}, id="null in a role stays"
        ),
        pytest.param("roles: {p: {a: 1}}", "roles: {p: null}", {"roles": {}}, id="a role can be removed"),
        pytest.param("variants: {v: {a: 1}}", "variants: {v: {a: ~}}", {"variants": {"v": {"a": None}}}, id="variant"),
    ],
)
def test_overlay_merges_replaces_and_removes(base: str, top: str, result: dict[str, Any]) -> None:
    assert merged(base, top) == result


@pytest.mark.parametrize(
    ("base", "top", "paths"),
    [
        ("a: 1", "a: null", []),
        ("a: 1", "b: null", [("b",)]),
        ("a: 1", "a: {b: null}", [("a", "b")]),
        ("a: {b: 1}", "a: {b: null, c: null}\nd: {e: null}", [("a", "c"), ("d", "e")]),
        ("a: 1", "args: {x: null}\nenv: {X: null}", []),
        ("a: 1", "args: null", [("args",)]),
    ],
)
def test_null_that_removes_nothing_is_known(base: str, top: str, paths: list[KeyPath]) -> None:
    assert unused_nulls(mapping(base), mapping(top)) == paths


def test_keys_keep_the_order_of_the_base_and_new_ones_follow() -> None:
    assert list(merged("c: 1\na: 1\nb: 1", "z: 2\nb: 2\ny: 2\nc: 2")) == ["c", "a", "b", "z", "y"]


def test_places_and_layers_tell_who_gave_what() -> None:
    base = mapping("serving: {port: 1, host: h}\nquant: x", "base.yaml")
    both = Document(overlay(base, mapping("\nserving: {port: 2}", "top.yaml")))
    assert both.layer(("serving", "port")) == both.layer(("serving",)) == "top.yaml"
    assert both.layer(("serving", "host")) == both.layer(("quant",)) == "base.yaml"
    assert str(both.span(("serving", "port"))) == "top.yaml:2:17"
    assert str(both.key_span(("serving",))) == "top.yaml:2:1"
    assert str(both.span(("serving", "host"))) == "base.yaml:1:26"


# Upper-case keys hold maps and lower-case keys hold values, so that no value changes its kind: where a scalar stands
# between two maps, merging is not associative, in JSON Merge Patch neither.
VALUES = st.integers(0, 9) | st.booleans() | st.text("xyz", max_size=3) | st.lists(st.integers(0, 9), max_size=2)
TREES: st.SearchStrategy[dict[str, Any]] = st.deferred(
    lambda: st.builds(
        lambda leaves, trees: {**leaves, **trees},
        st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
        st.dictionaries(st.sampled_from("ABC"), TREES, max_size=2),
    )
)
MAPPINGS = TREES.map(lambda tree: mapping(yaml.safe_dump(tree)))


def same(one: Mapping, other: Mapping) -> bool:
    """Tell whether values and the order of keys agree."""
    return repr(Document(one).plain()) == repr(Document(other).plain())


@given(MAPPINGS)
def test_nothing_laid_over_or_under_changes_nothing(some: Mapping) -> None:
    assert same(overlay(some, mapping(EMPTY)), some)
    assert same(overlay(mapping(EMPTY), some), some)
    assert same(overlay(some, some), some)


@given(MAPPINGS, MAPPINGS, MAPPINGS)
def test_grouping_of_overlays_does_not_matter(one: Mapping, two: Mapping, three: Mapping) -> None:
    assert same(overlay(overlay(one, two), three), overlay(one, overlay(two, three)))


def leaves(tree: dict[str, Any], at: KeyPath = ()) -> dict[KeyPath, Any]:
    found: dict[KeyPath, Any] = {}
    for key, value in tree.items():
        found |= leaves(value, (*at, key)) if isinstance(value, dict) else {(*at, key): value}
    return found


@given(MAPPINGS, MAPPINGS)
def test_every_leaf_comes_from_the_last_layer_that_has_it(base: Mapping, top: Mapping) -> None:
    both = leaves(Document(overlay(base, top)).plain())
    assert both == {**leaves(Document(base).plain()), **leaves(Document(top).plain())}


HOSTS = """
interconnect: {kind: roce, hca: [a]}
env: {X: 1}
nodes:
  hosts:
    - {name: one}
    - {name: two, interconnect: {hca: [b]}, env: {X: null, Y: 2}, address: 10.0.0.2}
"""


def test_own_keys_of_a_host_are_laid_over_the_top() -> None:
    document = Document(mapping(HOSTS))
    found = with_overlay(document, ("nodes", "hosts", 1), ("interconnect", "env"), "host two")
    assert found.plain()["interconnect"] == {"kind": "roce", "hca": ["b"]}
    assert found.plain()["env"] == {"X": None, "Y": 2}
    assert found.layer(("interconnect", "hca", 0)) == "host two"
    assert found.layer(("interconnect", "kind")) == "x.yaml"
    assert found.span(("interconnect", "hca")).line == 7
    assert found.plain()["nodes"] == document.plain()["nodes"]


@pytest.mark.parametrize("at", [("nodes", "hosts", 0), ("nodes", "hosts", 7), ("nodes", "nobody"), ("env", "X")])
def test_host_without_own_keys_changes_nothing(at: KeyPath) -> None:
    document = Document(mapping(HOSTS))
    assert lifted(document, at, ("interconnect", "env"), "host one") is None
    assert with_overlay(document, at, ("interconnect", "env"), "host one") == document
