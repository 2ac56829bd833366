"""What the attention backends of a vLLM release refuse, as far as their source says it without a machine.

Each backend is a class that vLLM asks before it takes it (`validate_configuration`, from 0.13): head size, type of the
cache, compute capability, latent attention, sinks. Here the same methods are asked, for sizes and capabilities that
exist. What only a running engine can answer is left out: silence is no permission.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sparkc.catalog.entries import CAPABILITIES, HEAD_SIZES, Json
from sparkc.extract.catalog_file import Entries
from sparkc.extract.interpreter import Interpreter
from sparkc.extract.on_cuda import Capability, answer, class_at
from sparkc.extract.options import Entry
from sparkc.extract.values import Class, Function, Member, Unknown

REGISTRIES = ("vllm.v1.attention.backends.registry", "vllm.attention.backends.registry")
ELSEWHERE = ("ROCM_", "XPU_", "CPU_", "AMX_", "PALLAS")
"""How backends begin that are for other machines."""
TRAITS = {"is_mla": "mla", "is_sparse": "sparse", "supports_sink": "sinks"}
OF_IMPLEMENTATION = {
    "supports_pcp": "pcp",
    "can_return_lse_for_decode": "dcp",
    "supports_mtp_with_cp_non_trivial_interleave_size": "interleaved_drafts",
}


def attention_backends(interpreter: Interpreter, cache_types: Iterable[str]) -> Entries:
    """Return what is known of each backend; empty where a release does not ask its backends."""
    for registry in REGISTRIES:
        listed = class_at(interpreter, registry, "AttentionBackendEnum")
        if listed is not None:
            members = interpreter.members(listed)
            found = {name: _entry(interpreter, member, tuple(cache_types)) for name, member in members.items()}
            return {name: entry for name, entry in found.items() if entry}
    return {}


def _entry(interpreter: Interpreter, member: Member, cache_types: tuple[str, ...]) -> Entry:
    module, _, name = str(member.value or "").rpartition(".")
    cls = None if member.name.startswith(ELSEWHERE) else class_at(interpreter, module, name)
    if cls is None or isinstance(interpreter.attribute(cls, "validate_configuration"), Unknown):
        return {}

    lists = {
        "head_sizes": _taken(interpreter, cls, "supports_head_size", {size: size for size in HEAD_SIZES}),
        "cache_types": _taken(interpreter, cls, "supports_kv_cache_dtype", {name: name for name in cache_types}),
        "capabilities": _taken(
            interpreter,
            cls,
            "supports_compute_capability",
            {each: Capability(*divmod(each, 10)) for each in CAPABILITIES},
        ),
    }
    traits = {key: answer(interpreter, cls, method) for method, key in TRAITS.items()}
    traits |= _of_implementation(interpreter, cls)
    known: Entry = {key: value for key, value in traits.items() if isinstance(value, bool)}
    return {**known, **{key: [*words] for key, words in lists.items() if words is not None}}


def _taken(interpreter: Interpreter, cls: Class, method: str, words: Mapping[Json, object]) -> list[Json] | None:
    """Return the words that are not refused; None when none is."""
    refused = [word for word, given in words.items() if answer(interpreter, cls, method, given) is False]
    return [word for word in words if word not in refused] if refused else None


def _of_implementation(interpreter: Interpreter, cls: Class) -> dict[str, object]:
    implementation = answer(interpreter, cls, "get_impl_cls")
    if not isinstance(implementation, Class):
        return {}
    found: dict[str, object] = {}
    for name, key in OF_IMPLEMENTATION.items():
        said = interpreter.attribute(cls, name)
        said = (
            answer(interpreter, cls, name)
            if isinstance(said, Function)
            else interpreter.attribute(implementation, name)
        )
        found[key] = said
    return found
