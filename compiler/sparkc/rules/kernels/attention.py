"""Which attention backend the author asks for, and what of the model it must be able to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.catalog.entries import Backend
from sparkc.catalog.models import Shape
from sparkc.findings import KeyPath
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.engine_config import place, structure

FLAG, CONFIG, VARIABLE = "--attention-backend", "--attention-config", "VLLM_ATTENTION_BACKEND"


@dataclass(frozen=True)
class Chosen:
    """A backend by name, and where the author named it."""

    key: KeyPath
    backend: Backend


def chosen_backend(plan: Plan, facts: Facts) -> Chosen | None:
    """Return the backend that the author asks for; None when he leaves the choice, or nothing is known of it."""
    names = facts.engine_names
    for key, name in _named(plan, facts):
        backend = names.backend(name.upper()) if names else None
        return Chosen(key, backend) if backend else None
    return None


def _named(plan: Plan, facts: Facts) -> Iterator[tuple[KeyPath, str]]:
    setting = engine_flags(plan).get(FLAG)
    if setting is not None and isinstance(setting.value, str):
        yield place_of(facts, setting), setting.value
    within = structure(plan, CONFIG).get("backend")
    if isinstance(within, str):
        yield place(plan, facts, CONFIG), within
    if facts.engine_names is not None and facts.engine_names.variable(VARIABLE) is not None:
        yield from ((word.key, word.text) for word in variable_texts(facts, VARIABLE) if word.text)


def says_its_attention(shape: Shape) -> bool:
    """Tell whether the shape alone says what is asked of a backend: models with sparse attention bring their own."""
    return not shape.index_layers and shape.attention != "other"


def is_latent(shape: Shape) -> bool:
    """Tell whether a model keeps one latent per token instead of keys and values."""
    return shape.attention in ("mla", "hybrid-kda")


def capability(facts: Facts) -> int | None:
    """Return the compute capability as backends are asked about it: 121 for 12.1."""
    named = facts.hardware.compute_capability if facts.hardware else None
    return int(named.replace(".", "")) if named else None


def may_serve(backend: Backend, facts: Facts) -> bool:
    """Tell whether nothing that is known of a backend speaks against chip and kind of attention."""
    chip, shape = capability(facts), facts.shape
    runs = backend.capabilities is None or chip is None or chip in backend.capabilities
    if shape is None or not says_its_attention(shape):
        return runs
    return runs and backend.mla in (None, is_latent(shape))
