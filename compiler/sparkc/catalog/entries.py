"""What a catalog holds: flags, variables, JSON keys, and what may be written as their values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

SUFFIXED = re.compile(r"\d+(\.\d+)?[kKmMgGtT]")


HEAD_SIZES = (32, 48, 64, 72, 80, 96, 104, 112, 120, 128, 144, 160, 176, 192, 224, 240, 256, 320, 384, 512, 576)
"""Widths of heads, and of the latent of MLA (512 + 64), that attention backends are asked about."""

CAPABILITIES = (80, 86, 89, 90, 100, 103, 110, 120, 121)
"""Compute capabilities that attention backends are asked about: 121 is 12.1, a GB10."""


class Kind(StrEnum):
    """What a value must look like.

    A switch takes no value; `any` is what the engine does not narrow.
    """

    SWITCH = "switch"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    STR = "str"
    LIST = "list"
    JSON = "json"
    ANY = "any"


class Group(StrEnum):
    """Lists of names that an engine registers under a common purpose.

    EAGLE3_TARGETS are the model types to which EAGLE3 is restricted; empty means that this version restricts none.
    MODELS are the architectures (`LlamaForCausalLM`) with a class of the engine's own, WHOLE_MODELS those of them that
    cannot be cut into pipeline stages. MTP_MODELS are model types and architectures whose own config.json says how
    deep their drafts by multi-token prediction go.
    """

    TOOL_PARSERS = "tool_parsers"
    REASONING_PARSERS = "reasoning_parsers"
    QUANTIZATION = "quantization"
    LOAD_FORMATS = "load_formats"
    ATTENTION_BACKENDS = "attention_backends"
    MOE_BACKENDS = "moe_backends"
    LINEAR_BACKENDS = "linear_backends"
    CUDAGRAPH_MODES = "cudagraph_modes"
    SPECULATIVE_METHODS = "speculative_methods"
    EAGLE3_TARGETS = "eagle3_targets"
    EXECUTORS = "executors"
    MODELS = "models"
    WHOLE_MODELS = "whole_models"
    MTP_MODELS = "mtp_models"


@dataclass(frozen=True)
class Deprecation:
    """The engine says that a name is on its way out.

    Args:
        removed_in: version that the engine names for the removal ("0.12.0"), when it names one.
        instead: flags or variables that it names as replacement; may be empty.
        refused: the program already stops when it is given.
    """

    removed_in: str | None
    instead: tuple[str, ...]
    refused: bool = False


@dataclass(frozen=True)
class Value:
    """What may be written as a value, of a flag or of a JSON key.

    Args:
        kind: of one value; of the items where there are several.
        choices: the closed list, refused outside of it; None when there is none.
        suggestions: names the engine knows, but other words pass its parser too; of an int, words that stand for one.
        any_case: choices and suggestions compare without regard to case.
        any_dash: choices compare with `-` and `_` as one.
        suffixes: integers may end in k, M, G and the like.
        none_allowed: the words `None` and the empty string mean "not set".
        low: the least value allowed, `above` when the bound itself is excluded; None when open.
        high: the greatest value allowed, `below` when the bound itself is excluded; None when open.
        default: when nothing is said. None is a value of its own: the engine decides later.
        default_known: False when the default is computed at start, so that `default` says nothing.
        schema: name of the schema that a JSON value follows; None when its keys are free.
    """

    kind: Kind
    choices: tuple[Json, ...] | None = None
    suggestions: tuple[str, ...] = ()
    any_case: bool = False
    any_dash: bool = False
    suffixes: bool = False
    none_allowed: bool = False
    low: float | None = None
    above: float | None = None
    high: float | None = None
    below: float | None = None
    default: Json = None
    default_known: bool = True
    schema: str | None = None

    def accepts(self, word: str) -> bool:
        """Tell whether the engine's command line takes this word as one value; keys inside JSON are not looked at."""
        if self.none_allowed and word in ("", "None"):
            return True
        if self.choices is not None:
            return self._folded(word) in {self._folded(str(choice)) for choice in self.choices}
        if self.kind in (Kind.INT, Kind.FLOAT):
            return self._folded(word) in {self._folded(known) for known in self.suggestions} or self._is_in_bounds(word)
        return self.kind is not Kind.JSON or _is_json(word)

    def _folded(self, word: str) -> str:
        cased = word.lower() if self.any_case else word
        return cased.replace("-", "_") if self.any_dash else cased

    def _is_in_bounds(self, word: str) -> bool:
        if self.suffixes and SUFFIXED.fullmatch(word):
            return True
        try:
            number = int(word) if self.kind is Kind.INT else float(word)
        except ValueError:
            return False
        return (
            (self.low is None or number >= self.low)
            and (self.above is None or number > self.above)
            and (self.high is None or number <= self.high)
            and (self.below is None or number < self.below)
        )


@dataclass(frozen=True)
class Flag:
    """One option of the engine's command line.

    Args:
        name: canonical long name, with dashes (`--max-model-len`).
        aliases: other spellings of the same (`-tp`).
        negatives: spellings that switch it off. The first is the one to emit.
        value: what it takes.
        nargs: as in argparse: `+`, `*`, `?`, a count; None is exactly one value (none for a switch).
        repeats: may be given several times, each adds.
        required: the program refuses to start without it.
        sets: the JSON key that this flag sets too (`AttentionConfig.backend`); None when there is none.
        deprecated: None when it is not.
        negated: the spelling that was looked up is one of the negatives.
        inner: keys after the name, when the spelling looked up was `--compilation-config.mode`.
    """

    name: str
    value: Value
    aliases: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()
    nargs: str | int | None = None
    repeats: bool = False
    required: bool = False
    sets: str | None = None
    deprecated: Deprecation | None = None
    negated: bool = False
    inner: tuple[str, ...] = ()

    @property
    def is_switch(self) -> bool:
        """Tell whether it stands alone on the command line."""
        return self.value.kind is Kind.SWITCH


@dataclass(frozen=True)
class Spellings:
    """How the reader of a yes/no variable understands words.

    Args:
        true: words that switch it on.
        false: words that switch it off.
        otherwise: what a word in neither list does: it counts as `true` or `false`, or the program `refuses` it.
        any_case: words compare without regard to case.
    """

    true: tuple[str, ...]
    false: tuple[str, ...]
    otherwise: str
    any_case: bool

    def says_yes(self, word: str) -> bool | None:
        """Tell what the reader makes of `word`; None when it refuses it."""
        compared = word.lower() if self.any_case else word
        if compared in self.true:
            return True
        if compared in self.false:
            return False
        return {"true": True, "false": False}.get(self.otherwise)


@dataclass(frozen=True)
class Variable:
    """An environment variable and who reads it.

    Args:
        name: exactly as it is read; case matters.
        owner: `vllm`, `ray`, `nccl`, `image eugr-vllm` and so on.
        kind: of its value.
        choices: closed list, or None.
        suggestions: known words, others pass too.
        default: the text assumed when it is absent; None when absence has its own meaning or is not known.
        spellings: how a yes/no variable understands words; None when that is not known.
        readers: processes that read it: raylet, driver, worker, host, proxy. Empty when `dead`. A Ray worker
            inherits what its node's raylet was given; whether it gets the driver's tells `reaches_ray_workers`.
        per_node: the value belongs to one node; the same on all of them is a mistake.
        deprecated: None when it is not.
        dead: why no program reads it any more; None when one does.
        source: public origin of a hand-kept entry; None for generated ones.
    """

    name: str
    owner: str
    kind: Kind = Kind.ANY
    choices: tuple[str, ...] | None = None
    suggestions: tuple[str, ...] = ()
    any_case: bool = False
    default: str | None = None
    spellings: Spellings | None = None
    readers: frozenset[str] = frozenset()
    per_node: bool = False
    deprecated: Deprecation | None = None
    dead: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Key:
    """One key of a structured value."""

    name: str
    value: Value
    many: bool = False
    deprecated: Deprecation | None = None


@dataclass(frozen=True)
class Schema:
    """The keys of one structured value.

    Args:
        closed: a key that is not listed is refused.
    """

    name: str
    keys: Mapping[str, Key]
    closed: bool


@dataclass(frozen=True)
class Backend:
    """An attention backend, as far as its source tells without a machine. None is not known, and no permission.

    Args:
        mla: it computes latent attention, and nothing else.
        sparse: it computes attention over chosen tokens, and nothing else.
        sinks: it takes attention sinks.
        pcp, dcp: prefill and decode context parallelism run on it.
        interleaved_drafts: drafts run on it when context parallelism interleaves the cache by more than one token.
        head_sizes: those of HEAD_SIZES that it takes; None when it refuses none of them.
        cache_types: words for `--kv-cache-dtype` that it may take; None when it refuses none.
        capabilities: those of CAPABILITIES that it may run on; None when it refuses none.
    """

    name: str
    mla: bool | None
    sparse: bool | None
    sinks: bool | None
    pcp: bool | None
    dcp: bool | None
    interleaved_drafts: bool | None
    head_sizes: tuple[int, ...] | None
    cache_types: tuple[str, ...] | None
    capabilities: tuple[int, ...] | None


@dataclass(frozen=True)
class RayCopy:
    """Which variables of the driver the engine hands to its Ray workers by itself.

    Args:
        everything: the whole environment of the driver, `except_for` excluded.
        declared: the engine's own declared variables.
    """

    everything: bool
    declared: bool
    prefixes: tuple[str, ...]
    names: tuple[str, ...]
    except_for: tuple[str, ...]


def _is_json(word: str) -> bool:
    try:
        json.loads(word)
    except (ValueError, RecursionError):
        return False
    return True
