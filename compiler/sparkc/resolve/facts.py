"""What is known before anything is decided: the typed spec, its hosts, and what the catalogs say about them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from sparkc.catalog.collectives import Collectives, find_collectives
from sparkc.catalog.config_json import Configured, model_class_in, read_config
from sparkc.catalog.engine import EngineCatalog, Match, find_engine
from sparkc.catalog.entries import Variable
from sparkc.catalog.hardware import Hardware, find_hardware
from sparkc.catalog.images import Answer, find_image
from sparkc.catalog.images import Image as KnownImage
from sparkc.catalog.models import Checkpoint, Model, Shape, find_family, find_model, shape_from
from sparkc.catalog.variables import owner_of
from sparkc.findings import KeyPath
from sparkc.plan import Ssh
from sparkc.resolve.engine_traits import TRAITS, EngineTraits
from sparkc.resolve.fit_word import fits_in
from sparkc.resolve.separation import Group, SideName
from sparkc.source.document import Document
from sparkc.spec import (
    ContainerPart,
    DraftModel,
    EnginePart,
    Host,
    ImagePart,
    Interconnect,
    KvPorts,
    KvTransfer,
    Login,
    MemoryPart,
    ModelPart,
    NodesPart,
    Parallelism,
    ProxyRole,
    RayPart,
    Serving,
    Spec,
)

RAY_PORT = 6379
"""Port of Ray's GCS when nobody says otherwise (ray 2.54.0, `ray start --port`)."""

KV_PORTS: dict[SideName, int] = {"prefill": 61000, "decode": 61100}
"""First KV port of each side when nobody says otherwise: above those that the system hands out, up to 60999 (Linux,
Documentation/networking/ip-sysctl.rst, ip_local_port_range), and far from those that Mooncake takes at random, from
20000 to 35999 on 16 NPUs (vllm-ascend 0.21.0rc1, docs, pd_disaggregation_mooncake_multi_node.md)."""

NEEDED_SHAPE = (
    "layers",
    "hidden_size",
    "attention_heads",
    "kv_heads",
    "head_dim",
    "vocab_size",
    "max_position_embeddings",
)
"""What a stated shape must hold: without one of these neither memory nor divisibility can be judged."""

Role = Literal["single", "head", "worker"]


class SpecView:
    """Read a spec's parts without asking first whether they are there."""

    spec: Spec

    @property
    def model(self) -> ModelPart:
        """Return the model part, empty when absent; so do the other properties with theirs."""
        return self.spec.model or ModelPart()

    @property
    def engine(self) -> EnginePart:  # noqa: D102  (see `model`)
        return self.spec.engine or EnginePart()

    @property
    def image(self) -> ImagePart:  # noqa: D102
        return self.engine.image or ImagePart()

    @property
    def ray(self) -> RayPart:  # noqa: D102
        return self.engine.ray or RayPart()

    @property
    def nodes(self) -> NodesPart:  # noqa: D102
        return self.spec.nodes or NodesPart()

    @property
    def interconnect(self) -> Interconnect:  # noqa: D102
        return self.spec.interconnect or Interconnect()

    @property
    def parallelism(self) -> Parallelism:  # noqa: D102
        return self.spec.parallelism or Parallelism()

    @property
    def serving(self) -> Serving:  # noqa: D102
        return self.spec.serving or Serving()

    @property
    def draft_model(self) -> DraftModel | None:
        """Return the draft model, None when the engine drafts without one."""
        return self.serving.speculative.model if self.serving.speculative else None

    @property
    def memory(self) -> MemoryPart:  # noqa: D102
        return self.serving.memory or MemoryPart()

    @property
    def container(self) -> ContainerPart:  # noqa: D102
        return self.spec.container or ContainerPart()


@dataclass(frozen=True)
class HostFacts(SpecView):
    """One machine: its place in the group, and the spec as it holds there, role and host overlays applied."""

    index: int
    role: Role
    spec: Spec
    document: Document
    host: Host

    @property
    def name(self) -> str:
        """Return the short name of the machine."""
        return self.host.name

    @property
    def address(self) -> str:
        """Return what peers dial; a single machine needs none and gets loopback."""
        return self.host.address or "127.0.0.1"

    @cached_property
    def login(self) -> Login:
        """Return how this machine is entered: its own words over those for all machines."""
        common = (self.nodes.login or Login()).model_dump()
        own = (self.host.login or Login()).model_dump(exclude_none=True)
        return Login(**{**common, **own})

    @property
    def ssh(self) -> Ssh:
        """Return how ssh gets there; what the spec leaves out is left to the user's own ssh configuration."""
        return Ssh(self.host.ssh or self.name, self.login.user, self.login.port)

    @property
    def sudo(self) -> Literal["root", "passwordless", "password", "none"]:
        """Return what the login user may do as root; a user whose powers nobody stated is asked for a password."""
        return "root" if self.user == "root" else self.login.sudo or "password"

    @property
    def user(self) -> str:
        """Return the login user; root when nobody is named, as `docker run` examples assume."""
        return self.login.user or "root"

    @property
    def home(self) -> str:
        """Return the login user's home on the node."""
        return self.login.home or ("/root" if self.user == "root" else f"/home/{self.user}")

    def on_node(self, path: str) -> str:
        """Return an absolute path: `~/` is the login user's home, resolved now so that artifacts hold no tilde."""
        return self.home + path[1:] if path == "~" or path.startswith("~/") else path


@dataclass(frozen=True)
class Facts(SpecView):
    """Everything that rules propose from and passes decide from.

    Args:
        spec: as it holds for the head before host overlays; proposals of rules are in it once they are settled.
        document: the author's words with their places; never holds proposals.
        files: text of the project's files that the spec names (`container.setup`), by the name in the spec.
        fork_catalog: what the image's own engine understands (`engine.fork.catalog`); None when the spec names none.
        group: which of the spec's groups of ranks this is about.
        others: the other groups of a launch whose prefill and decode are apart.
    """

    spec: Spec
    document: Document
    variant: str | None
    spec_path: str
    hosts: tuple[HostFacts, ...]
    files: Mapping[str, str]
    fork_catalog: EngineCatalog | None = None
    group: Group | None = None
    others: tuple[Facts, ...] = ()

    @property
    def side(self) -> SideName | None:
        """Return which part of a prefill/decode separation this is; None where one group does everything."""
        return self.group.side if self.group else None

    def key_in_spec(self, key: KeyPath) -> KeyPath:
        """Return where a key of `document` stands in the spec: the same, unless prefill and decode are apart."""
        return self.group.key_in_spec(key) if self.group else key

    def of_side(self, side: SideName) -> Facts:
        """Return the facts of one side of a separated launch."""
        return next(facts for facts in (self, *self.others) if facts.side == side)

    @property
    def kv_transfer(self) -> KvTransfer:  # noqa: D102
        return self.spec.kv_transfer or KvTransfer()

    @property
    def kv_port(self) -> int:
        """Return the first port where ranks of this side hand over the KV cache; every rank takes one."""
        ports = self.kv_transfer.ports or KvPorts()
        return (ports.prefill if self.side == "prefill" else ports.decode) or KV_PORTS[self.side or "prefill"]

    @property
    def proxy(self) -> ProxyRole:  # noqa: D102
        return (self.spec.roles.proxy if self.spec.roles else None) or ProxyRole()

    @property
    def head(self) -> HostFacts:
        """Return the first host."""
        return self.hosts[0]

    @property
    def name(self) -> str:
        """Return the deployment's name."""
        return self.spec.name or ""

    @property
    def is_distributed(self) -> bool:
        """Tell whether ranks stand on several machines."""
        return len(self.hosts) > 1

    @property
    def tensor(self) -> int:
        """Return the tensor parallel size; so do the next three with theirs."""
        return self.parallelism.tensor or 1

    @property
    def pipeline(self) -> int:  # noqa: D102
        return self.parallelism.pipeline or 1

    @property
    def data(self) -> int:  # noqa: D102
        return self.parallelism.data or 1

    @property
    def expert(self) -> int:  # noqa: D102
        return self.parallelism.expert or 1

    @property
    def ranks_are_servers(self) -> bool:
        """Tell whether each data parallel rank is a server of its own, in a container of its own; never of SGLang."""
        return self.parallelism.data_mode == "external" and not self.engine_traits.carries_ranks

    def has_server(self, host: HostFacts) -> bool:
        """Tell whether the API is served on a machine: on the first one, or by every data parallel rank."""
        return host.index == 0 or self.ranks_are_servers

    @property
    def servers_per_host(self) -> int:
        """Return how many such servers stand on one machine."""
        return max(1, self.data // len(self.hosts)) if self.ranks_are_servers else 1

    @property
    def ranks_per_server(self) -> int:
        """Return how many accelerators one of them takes."""
        return self.tensor * self.pipeline * self.prefill_context

    @property
    def prefill_context(self) -> int:
        """Return over how many groups of ranks the prompt of one request is spread; each is a whole set of ranks."""
        size = self.argument("prefill-context-parallel-size")
        return size if isinstance(size, int) and not isinstance(size, bool) else 1

    @property
    def world_size(self) -> int:
        """Return how many ranks there are in all.

        Source: vllm 0.21.0, vllm/config/parallel.py, which counts those of one data parallel group.
        """
        return self.tensor * self.pipeline * (1 if self.shares_ranks else self.data) * self.prefill_context

    @property
    def ranks_in_words(self) -> str:
        """Return the product that makes `world_size`, with its factors named."""
        factors = {"tensor": self.tensor, "pipeline": self.pipeline}
        factors |= {} if self.shares_ranks else {"data": self.data}
        factors |= {"prefill context": self.prefill_context} if self.prefill_context > 1 else {}
        return " x ".join(f"{name} {size}" for name, size in factors.items())

    @property
    def shares_ranks(self) -> bool:
        """Tell whether data parallel ranks run on the tensor parallel ones."""
        flag = self.engine_traits.shares_ranks
        return flag is not None and self.argument(flag) is True

    @property
    def accelerators(self) -> int:
        """Return accelerators per machine; one where the hardware is unknown."""
        return self.hardware.accelerators_per_node if self.hardware else 1

    @property
    def collectives(self) -> Collectives:
        """Return what carries tensors between ranks; NCCL where the hardware is unknown."""
        return find_collectives(self.hardware.collectives if self.hardware else "nccl")

    @property
    def is_unified(self) -> bool:
        """Tell whether host and accelerator share one pool of memory."""
        return self.hardware is not None and self.hardware.unified

    @property
    def quant(self) -> str:
        """Return the checkpoint's format."""
        return (self.spec.quant.format if self.spec.quant else None) or "unknown"

    @property
    def engine_traits(self) -> EngineTraits:
        """Return what the layout depends on."""
        return TRAITS[self.engine.name or "vllm"]

    @property
    def executor(self) -> Literal["ray", "mp", "uni"]:
        """Return what carries the ranks: the author's word, else Ray across machines unless the image lacks it."""
        carries_itself = self.engine_traits.carries_ranks
        if self.ranks_are_servers:
            return "uni" if self.ranks_per_server == 1 else "mp"
        if self.engine.executor is not None and not carries_itself:
            return self.engine.executor
        if not self.is_distributed:
            return "uni" if self.world_size == 1 else "mp"
        return "mp" if carries_itself or self.image_lacks_ray else "ray"

    @property
    def image_lacks_ray(self) -> bool:
        """Tell whether the image is known to hold no Ray, and no setup script may bring it."""
        image = self.known_image
        return image is not None and not self.container.setup and image.has_ray(self.engine.version) is Answer.NO

    @property
    def uses_ray(self) -> bool:
        """Tell whether a Ray cluster carries the ranks."""
        return self.executor == "ray"

    @property
    def spans_nodes(self) -> bool:
        """Tell whether the ranks of one server stand on several machines."""
        return self.is_distributed and not self.ranks_are_servers

    @property
    def spans_nodes_itself(self) -> bool:
        """Tell whether the engine carries ranks on several machines without Ray."""
        return self.spans_nodes and not self.uses_ray

    @property
    def talks_to_peers(self) -> bool:
        """Tell whether machines of this launch talk to each other."""
        return self.is_distributed or self.side is not None

    @property
    def ray_port(self) -> int:
        """Return the port of the Ray head."""
        return self.ray.port or RAY_PORT

    @cached_property
    def hardware(self) -> Hardware | None:
        """Return what the catalog knows about the machines."""
        return find_hardware(self.nodes.hardware or "")

    @cached_property
    def known_model(self) -> tuple[Model, Checkpoint | None] | None:
        """Return what the catalog knows about the model: by Hub id, else by the family that the spec names."""
        by_id = find_model(self.model.id or "")
        if by_id is not None:
            return by_id
        family = find_family(self.model.family or "")
        return (family, None) if family else None

    @property
    def family(self) -> str | None:
        """Return the model family, when it is known."""
        return self.known_model[0].family if self.known_model else self.model.family

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Return what the catalog knows about these very weights."""
        return self.known_model[1] if self.known_model else None

    @property
    def disk_bytes(self) -> int | None:
        """Return bytes of the checkpoint on disk, when the spec or the catalog knows them."""
        return self.model.size or (self.checkpoint.bytes if self.checkpoint else None)

    @property
    def weight_bytes(self) -> int | None:
        """Return bytes that loading takes over all ranks: what a log reported, else the bytes on disk."""
        return self.model.size or (self.checkpoint.weight_bytes if self.checkpoint else None)

    @cached_property
    def shape(self) -> Shape | None:
        """Return the model's numbers: the catalog's, with the spec's own laid over; None when nobody knows them."""
        known = self.known_model[0].shape if self.known_model else None
        if isinstance(self.configured, Configured):
            known = self.configured.shape
        own = self.stated_shape
        if known is not None:
            return dataclasses.replace(known, **own)  # type: ignore[arg-type]  # own holds numbers only
        return None if self.missing_shape else shape_from({"attention": "uniform", **own})

    @property
    def stated_shape(self) -> dict[str, int]:
        """Return the numbers that the spec itself states about the model."""
        stated = self.model.shape.model_dump() if self.model.shape else {}
        return {key: value for key, value in stated.items() if value is not None}

    @property
    def missing_shape(self) -> tuple[str, ...]:
        """Return the numbers that a model outside the catalog still needs before it can be planned."""
        if self.known_model or isinstance(self.configured, Configured):
            return ()
        return tuple(key for key in NEEDED_SHAPE if key not in self.stated_shape)

    @cached_property
    def configured(self) -> Configured | str | None:
        """Return what the config.json says that the spec points at, or why it cannot be used; None without one."""
        return self._config_of(self.model.config)

    @cached_property
    def configured_draft(self) -> Configured | str | None:
        """Return the same for the draft model."""
        return self._config_of(self.draft_model.config if self.draft_model else None)

    def _config_of(self, name: str | None) -> Configured | str | None:
        if name is None:
            return None
        text = self.files.get(name)
        return read_config(text) if text else "there is no such file, or it is empty"

    @property
    def draft_bytes(self) -> int | None:
        """Return bytes of the draft model on disk, when the spec or the catalog knows them."""
        if self.draft_model is None:
            return None
        known = find_model(self.draft_model.id or "")
        return self.draft_model.size or (known[1].bytes if known else None)

    @property
    def draft_shape(self) -> Shape | None:
        """Return the draft model's numbers: its config.json's, else the catalog's; None when nobody knows them."""
        if isinstance(self.configured_draft, Configured):
            return self.configured_draft.shape
        known = find_model(self.draft_model.id or "") if self.draft_model else None
        return known[0].shape if known else None

    @cached_property
    def model_class(self) -> str | None:
        """Return the class that the checkpoint names for itself (`architectures`); None when nobody knows."""
        if self.model.architecture is not None:
            return self.model.architecture
        in_config = model_class_in(self.files.get(self.model.config or "", ""))
        if in_config is not None or self.known_model is None:
            return in_config
        return self.checkpoint.model_class if self.checkpoint else self.known_model[0].model_class

    @property
    def model_type(self) -> str | None:
        """Return the `model_type` of the checkpoint's config.json; None when nobody knows."""
        if isinstance(self.configured, Configured):
            return self.configured.architecture
        return self.known_model[0].architecture if self.known_model else None

    @cached_property
    def engine_catalog(self) -> Match | None:
        """Return the fork's own catalog, else that of the pinned version, or the nearest; None for `unknown`."""
        if self.fork_catalog is not None:
            return Match(self.fork_catalog, exact=True)
        return find_engine(self.engine.name or "", self.engine.version or "unknown")

    @cached_property
    def ray_catalog(self) -> Match | None:
        """Return the catalog of the Ray version that the spec names; None when it names none."""
        return find_engine("ray", self.ray.version or "unknown")

    @property
    def engine_names(self) -> EngineCatalog | None:
        """Return the engine's catalog, exact or nearest: what is known about names."""
        return self.engine_catalog.catalog if self.engine_catalog else None

    @property
    def ray_names(self) -> EngineCatalog | None:
        """Return Ray's catalog, exact or nearest."""
        return self.ray_catalog.catalog if self.ray_catalog else None

    @cached_property
    def known_image(self) -> KnownImage | None:
        """Return what the catalog knows about the image."""
        return find_image(self.image.ref or "")

    @property
    def provided(self) -> tuple[str, ...]:
        """Return the features that the author says a fork brings."""
        return (self.engine.fork.provides if self.engine.fork else None) or ()

    @property
    def names_are_exact(self) -> bool:
        """Tell whether a name that the catalog lacks is surely unknown.

        Only the catalog of this very version says so, and of a fork only its own.
        """
        match = self.engine_catalog
        return match is not None and match.exact and (self.engine.fork is None or self.fork_catalog is not None)

    def variable(self, name: str) -> Variable | None:
        """Return what is known about an environment variable; None when no known program reads it."""
        return owner_of(name, self.engine_names, self.ray_names, self.known_image)

    @property
    def longest_context(self) -> int | None:
        """Return how many tokens the checkpoint's own configuration admits, when that is known."""
        stated = self.stated_shape.get("max_position_embeddings")
        if stated is None and isinstance(self.configured, Configured):
            return self.configured.shape.max_position_embeddings
        checkpoint = self.known_model[1] if self.known_model else None
        if stated is not None or checkpoint is None:
            return stated or (self.shape.max_position_embeddings if self.shape else None)
        return checkpoint.max_position_embeddings

    @cached_property
    def fits(self) -> tuple[KeyPath, ...]:
        """Return the keys that the author leaves to sparkc with the word `fit`."""
        return fits_in(self.document)

    def says(self, *key: str | int) -> bool:
        """Tell whether the author himself said something at a key; what rules propose does not count."""
        return self.document.get(key) is not None

    def place(self, host: HostFacts, *key: str | int) -> KeyPath:
        """Return where the author said what holds on a host: at the host, in its role, or for all; else the last."""
        own: tuple[KeyPath, ...] = (("nodes", "hosts", host.index, *key), ("roles", host.role, *key))
        return next((path for path in own if self.document.get(path) is not None), key)

    def argument(self, name: str) -> Any:  # Any: JSON from YAML
        """Return what `args` says about a flag (`enforce-eager`), however it spells the dashes; None when nothing."""
        spelled = {flag.replace("_", "-"): value for flag, value in (self.spec.args or {}).items()}
        return spelled.get(name)

    @property
    def graph_mode(self) -> str | None:
        """Return what is said about CUDA graphs in the words of `serving.cuda_graphs`; None if nothing.

        `args` come last on the command line, and eager mode wins over any graph mode.
        """
        said = self.serving.cuda_graphs
        eager = self.argument(self.engine_traits.eager)
        config = self.argument("compilation-config")
        mode = config.get("cudagraph_mode") if isinstance(config, dict) else None
        if eager is True or (eager is None and said == "off"):
            return "off"
        if mode is not None:
            return str(mode).lower()
        return "default" if said == "off" or (eager is False and said is None) else said

    def knows_flag(self, name: str) -> bool:
        """Tell whether the pinned engine version takes a flag; True when nobody knows."""
        return self.engine_names is None or self.engine_names.flag(name) is not None
