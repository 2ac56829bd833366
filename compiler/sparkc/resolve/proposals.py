"""What rules propose where the author is silent: the lowest layer of a spec.

A proposal speaks the spec's own language (`serving.cuda_graphs: off`), so that an author overrides it with the very
key that he would have written anyway, and removes it with null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sparkc.findings import KeyPath, Span
from sparkc.plan import Because, Origin
from sparkc.resolve.fit_word import without_fits
from sparkc.source.document import Document
from sparkc.source.node import Entry, Node, Scalar, Sequence
from sparkc.source.node import Mapping as MappingNode
from sparkc.source.overlay import overlay

ProposedValue = str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True)
class Proposal:
    """One value for one key of the spec.

    Args:
        key: where it would stand in a spec, ("serving", "cuda_graphs").
        value: what would stand there.
        reason: one short sentence with the number in it.
        link: public origin; the rule's first evidence when None.
    """

    key: KeyPath
    value: ProposedValue
    reason: str
    link: str | None = None


@dataclass(frozen=True)
class Settled:
    """All proposals of all rules, ready to be laid under a spec.

    Args:
        over: what was decided where the author wrote `fit`; lies over his words.
    """

    root: MappingNode
    reasons: Mapping[KeyPath, Because]
    over: MappingNode | None = None

    def under(self, document: Document) -> Document:
        """Return the author's document with the proposals below it, and without a `fit` that is not decided."""
        both = overlay(self.root, document.root)
        return without_fits(Document(overlay(both, self.over) if self.over else both))

    def with_decision(self, key: KeyPath, value: ProposedValue, because: Because) -> Settled:
        """Return the same with one value decided."""
        branch = _branch(key, value, because.layer)
        over = overlay(self.over, branch) if self.over else branch
        return replace(self, over=over, reasons={**self.reasons, key: because})

    def because(self, key: KeyPath) -> Because | None:
        """Return why a proposed key has its value."""
        return self.reasons.get(key)


def layer_of(rule: str) -> str:
    """Return the layer that the values of one rule have in a settled spec."""
    return f"rule {rule}"


def settle(proposals: Iterable[tuple[str, str, Proposal]]) -> Settled:
    """Gather proposals given as (rule name, link, proposal).

    Raises:
        ValueError: two rules propose different values for one key. That is a bug of ours, not of the author's.
    """
    values: dict[KeyPath, ProposedValue] = {}
    reasons: dict[KeyPath, Because] = {}
    for rule, link, proposal in proposals:
        if proposal.key in values and values[proposal.key] != proposal.value:
            other = reasons[proposal.key].layer
            raise ValueError(f"{other} and {rule} propose different values for {proposal.key}")
        values[proposal.key] = proposal.value
        where = ".".join(map(str, proposal.key))
        reasons.setdefault(proposal.key, Because(Origin.RULE, rule, where, proposal.reason, proposal.link or link))
    return Settled(_mapping(values, reasons), reasons)


def _mapping(values: Mapping[KeyPath, ProposedValue], reasons: Mapping[KeyPath, Because]) -> MappingNode:
    root = MappingNode((), _nowhere(""), "proposals")
    for key, value in values.items():
        root = overlay(root, _branch(key, value, reasons[key].layer))
    return root


def _branch(key: KeyPath, value: ProposedValue, rule: str) -> MappingNode:
    node = _node(value, rule)
    for step in reversed(key):
        node = MappingNode((Entry(str(step), _nowhere(rule), node),), _nowhere(rule), layer_of(rule))
    assert isinstance(node, MappingNode)
    return node


def _node(value: ProposedValue, rule: str) -> Node:
    if isinstance(value, tuple):
        return Sequence(tuple(_node(item, rule) for item in value), _nowhere(rule), layer_of(rule))
    return Scalar(value, str(value), _nowhere(rule), layer_of(rule))


def _nowhere(rule: str) -> Span:
    """Return a span for what stands in no file; nothing ever points at it."""
    return Span(f"rule {rule}", 0, 0, 0, 0)
