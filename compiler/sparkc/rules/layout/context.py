"""Whether the author lengthens the context that a model admits."""

from __future__ import annotations

from sparkc.resolve.engines import words_of
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import text_on
from sparkc.rules.command_line import named_in_args


def override(facts: Facts) -> str:
    """Return the engine's variable that lets a longer context pass."""
    return words_of(facts).longer_context[0]


def lengthener(facts: Facts) -> str:
    """Return the engine's flag that changes the model's own configuration."""
    return words_of(facts).longer_context[1]


def is_lengthened(facts: Facts) -> bool:
    """Tell whether `args` change the model's own configuration, so that its limit is not known here."""
    return named_in_args(facts, lengthener(facts)) is not None


def override_is_on(facts: Facts) -> bool:
    """Tell whether the driver lets a longer context pass, in the engine's own reading of yes and no."""
    text = text_on(facts.head, override(facts))
    known = facts.variable(override(facts))
    if text is None:
        return False
    return known is None or known.spellings is None or known.spellings.says_yes(text) is True
