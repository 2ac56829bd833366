"""Decide what the author left to sparkc with the word `fit`, and lay it over the spec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sparkc.findings import KeyPath
from sparkc.plan import Because, Origin
from sparkc.resolve.facts import Facts
from sparkc.resolve.fit_word import CONTEXT, MEMORY, PIN, fits_in
from sparkc.resolve.gather import with_proposals
from sparkc.resolve.hosts import draft_of
from sparkc.resolve.memory.fitting import Fitted, context_that_fits, fraction_that_fits, pin_that_fits
from sparkc.resolve.memory.request import MemoryRequest
from sparkc.resolve.node_memory import memory_request
from sparkc.resolve.proposals import ProposedValue, Settled

Decision = tuple[KeyPath, ProposedValue, str]

BY = "fit"
"""The layer that decided values have."""


def fit(facts: Facts, settled: Settled) -> tuple[Facts, Settled]:
    """Return facts and proposals with every `fit` decided that can be; the others stay unset, and a rule says so.

    Args:
        facts: with the proposals in them.
        settled: the proposals.
    """
    for place in fits_in(facts.document):
        decided = _DECIDERS[place](facts, memory_request(facts, draft_of(facts, settled).hosts))
        if decided is not None:
            key, value, reason = decided
            settled = settled.with_decision(key, value, Because(Origin.PASS, BY, ".".join(map(str, key)), reason))
            facts = with_proposals(facts, settled)
    return facts, settled


def _fraction(facts: Facts, request: MemoryRequest) -> Decision | None:
    context_follows = CONTEXT in fits_in(facts.document)
    found = fraction_that_fits(replace(request, fraction=None), for_one_request=not context_follows)
    word = request.fraction_word
    return None if found is None else ((*MEMORY, word), found.value, found.reason)


def _context(facts: Facts, request: MemoryRequest) -> Decision | None:
    found = context_that_fits(request, facts.longest_context or 0)
    return None if found is None else (CONTEXT, int(found.value), found.reason)


def _pin(facts: Facts, request: MemoryRequest) -> Decision | None:
    found: Fitted | None = None if request.is_sglang else pin_that_fits(request)
    return None if found is None else (PIN, f"{int(found.value) // 2**20} MiB", found.reason)


_DECIDERS: dict[KeyPath, Callable[[Facts, MemoryRequest], Decision | None]] = {
    MEMORY: _fraction,
    CONTEXT: _context,
    PIN: _pin,
}
