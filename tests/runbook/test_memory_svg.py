"""The picture of the memory: whole, in proportion, the same every time, and harmless."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from ledger_example import FITS, TOO_MUCH, with_memory

from plans import HOSTILE, two_sparks
from sparkc.plan import NodeMemory, Plan
from sparkc_targets.runbook.memory_svg import memory_svg

SVG = "{http://www.w3.org/2000/svg}"


def bars(plan: Plan) -> list[tuple[str, int]]:
    """Return what each part of the bars is, and how wide."""
    root = ElementTree.fromstring(memory_svg(plan))
    found = []
    for rect in root.iter(f"{SVG}rect"):
        title = rect.find(f"{SVG}title")
        if title is not None:
            found.append((title.text or "", int(rect.attrib["width"])))
    return found


def test_each_term_has_its_share_of_the_bar() -> None:
    """50 + 30 + 12.5 + 7.5 of 100 GiB over 720 units."""
    assert [wide for _, wide in bars(with_memory(FITS))] == [360, 216, 90, 54]


def test_amounts_and_bands_are_written() -> None:
    assert "KV cache 30.00 GiB (25.00 to 33.50)" in memory_svg(with_memory(FITS))


def test_a_bar_that_asks_for_more_than_there_is_is_marked_at_the_end_of_the_pool() -> None:
    root = ElementTree.fromstring(memory_svg(with_memory(TOO_MUCH)))
    [mark] = list(root.iter(f"{SVG}path"))
    assert mark.attrib["d"].startswith("M596V"[:4])
    assert sum(wide for _, wide in bars(with_memory(TOO_MUCH))) == 720


def test_nodes_that_differ_have_a_bar_each() -> None:
    other = replace(FITS, total=FITS.total + 2**30)
    assert len(bars(with_memory(FITS, other))) == 2 * len(bars(with_memory(FITS)))


def test_a_pool_without_terms_is_drawn_as_nothing_but_its_name() -> None:
    empty: NodeMemory = replace(FITS, terms=())
    assert bars(with_memory(empty)) == []
    assert "100.00 GiB" in memory_svg(with_memory(empty))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_name_ends_an_element(text: str) -> None:
    plan = replace(two_sparks(), name=text + "</title><script>alert(1)</script>")
    root = ElementTree.fromstring(memory_svg(plan))
    assert not list(root.iter(f"{SVG}script"))


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert memory_svg(with_memory(FITS)) == memory_svg(with_memory(FITS))
