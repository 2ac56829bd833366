"""What is read off classes: which models run in stages, what attention backends refuse, how deep models draft."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from trees import installed, vllm_files

from sparkc.catalog.engine import EngineCatalog, open_catalog
from sparkc.catalog.entries import CAPABILITIES, HEAD_SIZES, Group
from sparkc.extract.release import catalog_text

MODELS = "vllm/model_executor/models"
REGISTRY = """
    _TEXT = {
        "Own": ("plain", "Own"),
        "Inherited": ("plain", "Inherited"),
        "Renamed": ("plain", "Renamed"),
        "Pooled": ("plain", "Pooled"),
        "Deaf": ("plain", "Deaf"),
        "Unmarked": ("plain", "Unmarked"),
        "Packaged": ("vllm.models.packaged", "Packaged"),
    }
    _VLLM_MODELS = {**_TEXT, "Gone": ("missing", "Gone")}
"""
PLAIN = """
    from torch import nn
    from .adapters import as_seq_cls_model
    from .interfaces import SupportsPP as Staged
    from vllm.model_executor.models import interfaces

    class Own(nn.Module, Staged):
        def forward(self, ids, positions, intermediate_tensors=None): ...

    class Mixin(nn.Module): ...

    class Base(nn.Module):
        def forward(self, ids): ...

    class Middle(Base, interfaces.SupportsPP):
        def forward(self, ids, **kwargs): ...

    class Inherited(Mixin, Middle): ...

    Renamed = Inherited
    Pooled = as_seq_cls_model(Own)

    class Deaf(nn.Module, Staged):
        def forward(self, ids, positions): ...

    class Unmarked(nn.Module):
        def forward(self, ids, intermediate_tensors): ...
"""
INTERFACES = """
    from typing import Protocol

    class SupportsPP(Protocol):
        supports_pp = True
        def make_empty_intermediate_tensors(self): ...
        def forward(self, ids, *, intermediate_tensors): ...

    def _supports_pp_attributes(model):
        return isinstance(model, _SupportsPPType)
"""
PACKAGED = """
    from typing import TYPE_CHECKING
    from vllm.platforms import current_platform

    if TYPE_CHECKING:
        from .nvidia import Packaged

    def __getattr__(name):
        if current_platform.is_rocm():
            from . import amd
            return getattr(amd, name)
        from . import nvidia
        return getattr(nvidia, name)
"""
REGISTERED_BACKENDS = """
    import enum

    class AttentionBackendEnum(enum.Enum):
        FAST = "vllm.v1.attention.fast.Fast"
        LATENT = "vllm.v1.attention.fast.Latent"
        ROCM_FAST = "vllm.v1.attention.fast.Fast"
        CUSTOM = None
"""
BACKEND = """
    from typing import Generic, TypeVar

    T = TypeVar("T")

    class Implementation(Generic[T]):
        supports_pcp: bool = False
        can_return_lse_for_decode: bool = False

    class Backend:
        types = ["auto", "half"]

        @classmethod
        def get_sizes(cls): return []
        @classmethod
        def supports_head_size(cls, size):
            sizes = cls.get_sizes()
            return not sizes or size in sizes
        @classmethod
        def supports_kv_cache_dtype(cls, name): return name is None or name in cls.types
        @classmethod
        def supports_compute_capability(cls, capability): return True
        @classmethod
        def is_mla(cls): return False
        @classmethod
        def validate_configuration(cls, head_size): return []
"""
FAST = """
    from vllm.platforms import current_platform
    from vllm.platforms.interface import DeviceCapability
    from vllm.v1.attention.backend import Backend, Implementation

    class FastImplementation(Implementation[int]):
        can_return_lse_for_decode: bool = True

    class Fast(Backend):
        @staticmethod
        def get_impl_cls(): return FastImplementation
        @classmethod
        def get_sizes(cls): return [64, 128]
        @classmethod
        def supports_sink(cls): return current_platform.is_device_capability(90)

    class Latent(Backend):
        types = ["auto", "half", "wide"]
        @classmethod
        def is_mla(cls): return True
        @classmethod
        def supports_head_size(cls, size): return size > 500
        @classmethod
        def supports_compute_capability(cls, capability):
            return capability.major == 10 or capability >= DeviceCapability(12, 1)
        @classmethod
        def supports_sink(cls):
            if current_platform.is_device_capability(90):
                return True
            return False
"""
SPECULATIVE = """
    class SpeculativeConfig:
        @staticmethod
        def hf_config_override(hf_config, overrides=None):
            first = hf_config.architectures[0]
            if hf_config.model_type in ("deep", "deeper"):
                hf_config.model_type = "deep_mtp"
            if hf_config.model_type == "deep_mtp":
                hf_config.update({"n_predict": getattr(hf_config, "num_nextn_predict_layers", None)})
            if first == "WideForCausalLM":
                hf_config = getattr(hf_config, "text_config", hf_config)
                hf_config.update({"n_predict": getattr(hf_config, "mtp_num_hidden_layers", 1)})
            if hf_config.model_type == "single":
                hf_config.update({"n_predict": 1})
            return hf_config
"""
CACHE = """
    from typing import Literal

    CacheDType = Literal["auto", "half", "wide"]
"""


def read(folder: Path, **changed: str) -> EngineCatalog:
    files = {
        f"{MODELS}/__init__.py": "",
        f"{MODELS}/registry.py": REGISTRY,
        f"{MODELS}/plain.py": PLAIN,
        f"{MODELS}/interfaces.py": INTERFACES,
        f"{MODELS}/adapters.py": "def as_seq_cls_model(cls):\n    class Made(cls): ...\n    return Made\n",
        "vllm/models/packaged/__init__.py": PACKAGED,
        "vllm/models/packaged/amd.py": "class Packaged: ...",
        "vllm/models/packaged/nvidia.py": "from vllm.model_executor.models.plain import Own as Packaged",
        "vllm/v1/attention/backends/registry.py": REGISTERED_BACKENDS,
        "vllm/v1/attention/backend.py": BACKEND,
        "vllm/v1/attention/fast.py": FAST,
        "vllm/config/speculative.py": SPECULATIVE,
        "vllm/config/cache.py": CACHE,
        **changed,
    }
    return open_catalog(json.loads(catalog_text(installed(folder, "vllm", "0.30.0", {**vllm_files("0.30"), **files}))))


def test_models_run_in_stages_when_their_class_says_so_and_hands_tensors_on(tmp_path: Path) -> None:
    catalog = read(tmp_path)
    assert catalog.registered(Group.MODELS) == (
        "Deaf", "Inherited", "Own", "Packaged", "Pooled", "Renamed", "Unmarked",
    )  # fmt: skip
    assert catalog.registered(Group.WHOLE_MODELS) == ("Deaf", "Unmarked")


def test_later_releases_take_the_interface_for_its_marks(tmp_path: Path) -> None:
    interfaces = INTERFACES.replace("return isinstance", "return SupportsPP in model.__mro__ or isinstance")
    without_mark = interfaces.replace("def make_empty_intermediate_tensors(self): ...", "")
    assert "Own" not in read(tmp_path / "a", **{f"{MODELS}/interfaces.py": without_mark}).registered(Group.WHOLE_MODELS)
    older = without_mark.replace("SupportsPP in model.__mro__ or ", "")
    assert "Own" in read(tmp_path / "b", **{f"{MODELS}/interfaces.py": older}).registered(Group.WHOLE_MODELS)


def test_a_backend_is_known_by_what_its_methods_answer(tmp_path: Path) -> None:
    fast = read(tmp_path).backend("FAST")
    assert fast is not None
    assert (fast.mla, fast.dcp, fast.pcp, fast.interleaved_drafts) == (False, True, False, None)
    assert fast.head_sizes == (64, 128)
    assert fast.cache_types == ("half",)
    assert fast.capabilities is None, "it refuses none"


def test_a_backend_is_asked_with_real_sizes_and_capabilities(tmp_path: Path) -> None:
    latent = read(tmp_path).backend("LATENT")
    assert latent is not None
    assert latent.mla
    assert latent.head_sizes == tuple(size for size in HEAD_SIZES if size > 500)
    assert latent.capabilities == tuple(each for each in CAPABILITIES if each in (100, 103, 121))
    assert latent.cache_types is None


@pytest.mark.parametrize("name", ["FAST", "LATENT"])
def test_what_only_a_machine_can_answer_stays_unknown(name: str, tmp_path: Path) -> None:
    backend = read(tmp_path).backend(name)
    assert backend is not None
    assert backend.sinks is None


def test_backends_of_other_machines_and_without_a_class_are_left_out(tmp_path: Path) -> None:
    assert [backend.name for backend in read(tmp_path).backends()] == ["FAST", "LATENT"]


def test_a_release_that_does_not_ask_its_backends_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, **{"vllm/v1/attention/backend.py": BACKEND.replace("validate_", "")}).backends() == ()


def test_models_whose_own_number_is_the_depth_of_their_drafts(tmp_path: Path) -> None:
    assert read(tmp_path).registered(Group.MTP_MODELS) == ("WideForCausalLM", "deep", "deep_mtp", "deeper")
