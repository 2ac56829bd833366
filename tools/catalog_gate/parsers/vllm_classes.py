"""Ask vLLM's own classes: which models run in pipeline stages, and what attention backends refuse."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, get_args

REGISTRIES = ("vllm.v1.attention.backends.registry", "vllm.attention.backends.registry")
TRAITS = {"is_mla": "mla", "is_sparse": "sparse", "supports_sink": "sinks"}
OF_IMPLEMENTATION = {
    "supports_pcp": "pcp",
    "can_return_lse_for_decode": "dcp",
    "supports_mtp_with_cp_non_trivial_interleave_size": "interleaved_drafts",
}


def stages() -> dict[str, bool]:
    """Return what vLLM says of each registered model class that can be imported here."""
    pretend_no_cpu()
    registry = importlib.import_module("vllm.model_executor.models.registry")
    supports = importlib.import_module("vllm.model_executor.models.interfaces").supports_pp
    models = registry.ModelRegistry.models.items()
    found = {name: attempt(lambda model=model: bool(supports(model.load_model_cls()))) for name, model in models}
    return {name: answer for name, answer in found.items() if answer is not None}


def attention_backends(head_sizes: list[int], capabilities: list[int]) -> dict[str, Any]:
    """Return, for each backend that can be imported here, its traits and the words that it refuses."""
    found: dict[str, Any] = {}
    cache_types = get_args(getattr(importlib.import_module("vllm.config.cache"), "CacheDType", None))
    capability = importlib.import_module("vllm.platforms.interface").DeviceCapability
    for name, cls in classes().items():
        given = {number: capability(*divmod(number, 10)) for number in capabilities}
        found[name] = {
            **{key: attempt(getattr(cls, method)) for method, key in TRAITS.items() if hasattr(cls, method)},
            **of_implementation(cls),
            "head_sizes": refused(getattr(cls, "supports_head_size", None), {size: size for size in head_sizes}),
            "cache_types": refused(getattr(cls, "supports_kv_cache_dtype", None), {word: word for word in cache_types}),
            "capabilities": refused(getattr(cls, "supports_compute_capability", None), given),
        }
    return found


def classes() -> dict[str, type]:
    """Return the backend classes by the names that `--attention-backend` takes."""
    for place in REGISTRIES:
        registry = attempt(lambda place=place: importlib.import_module(place))
        if registry is not None and hasattr(registry, "AttentionBackendEnum"):
            members = registry.AttentionBackendEnum.__members__.items()
            found = {name: attempt(member.get_class) for name, member in members}
            return {name: cls for name, cls in found.items() if cls is not None}
    return {}


def of_implementation(cls: type) -> dict[str, Any]:
    """Return what the class that computes says; a backend may answer in its place."""
    implementation = attempt(cls.get_impl_cls)
    found = {}
    for name, key in OF_IMPLEMENTATION.items():
        own = getattr(cls, name, None)
        found[key] = attempt(own) if callable(own) else getattr(implementation, name, None)
    return found


def refused(method: Callable[[Any], bool] | None, words: dict[Any, Any]) -> list[Any]:
    """Return the words to which a method says no."""
    return [word for word, given in words.items() if method and attempt(lambda given=given: method(given)) is False]


def attempt(question: Callable[[], Any]) -> Any:
    """Return the answer, or None where the machine, or a package, is missing."""
    try:
        return question()
    except Exception:  # whatever a module raises that finds no GPU
        return None


def pretend_no_cpu() -> None:
    """Let packages with classes for several machines take those for a GPU; nothing is run with them."""
    importlib.import_module("transformers")
    standins = importlib.import_module("standins")
    standins.stand_in(standins.VLLM_CLASSES)
    platform = importlib.import_module("vllm.platforms").current_platform
    type(platform).is_cpu = lambda _: False
