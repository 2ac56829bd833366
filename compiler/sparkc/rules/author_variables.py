"""The author's `env`, host by host, with the place where each word stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.findings import KeyPath
from sparkc.resolve.facts import Facts, HostFacts


@dataclass(frozen=True)
class Word:
    """One variable as the author set it.

    Args:
        host: a machine on which it holds.
        key: where it stands: in `env`, in a role, or at the host.
        text: its value; None for a secret, and for text put before the image's own.
    """

    host: HostFacts
    key: KeyPath
    name: str
    text: str | None


def variables_by_host(facts: Facts) -> Iterator[Word]:
    """Yield what the author set on each host; what holds for all hosts comes once for each of them."""
    for host in facts.hosts:
        for name, value in (host.spec.env or {}).items():
            key = facts.place(host, "env", name)
            if value is not None and facts.says(*key):
                yield Word(host, key, name, value if isinstance(value, str) else None)


def variables(facts: Facts) -> Iterator[Word]:
    """Yield what the author set, each place once; a variable that he only removes is not among it."""
    seen: set[KeyPath] = set()
    for word in variables_by_host(facts):
        if word.key not in seen:
            seen.add(word.key)
            yield word


def variable_texts(facts: Facts, name: str) -> Iterator[Word]:
    """Yield the places where the author gave one variable a text."""
    return (word for word in variables(facts) if word.name == name and word.text is not None)


def text_on(host: HostFacts, name: str) -> str | None:
    """Return the text that a variable has on a host, the author's or a rule's; None when it has none."""
    value = (host.spec.env or {}).get(name)
    return value if isinstance(value, str) else None
