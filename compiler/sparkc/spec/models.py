"""The words of the spec language, as types. Descriptions here are the ones an editor shows."""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

from sparkc.spec.parts import Many, Part, Size, unfit
from sparkc.spec.sizes import PATTERN

NAME_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"


def _name(text: str) -> str:
    if not re.fullmatch(NAME_PATTERN[1:-1], text):
        raise unfit("a name of lower-case letters, digits and inner dashes, at most 63 characters, like `minimax-m27`")
    return text


def _line(text: str) -> str:
    if not text.strip():
        raise unfit("some text")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise unfit("one line of text without control characters")
    return text


def _path_on_a_node(text: str) -> str:
    _line(text)
    if not (text == "~" or text.startswith(("/", "~/"))):
        raise unfit("an absolute path on the node, or one that starts with `~/`")
    if ".." in text.split("/"):
        raise unfit("a path without `..`")
    return text


def _path_in_a_container(text: str) -> str:
    _line(text)
    if not text.startswith("/") or ".." in text.split("/"):
        raise unfit("an absolute path in the container, without `..`")
    return text


def _host_or_address(text: str) -> str:
    _line(text)
    if text.startswith("-") or not re.fullmatch(r"[A-Za-z0-9._:%-]+", text):
        raise unfit("a host name or an IP address")
    return text


def _user(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]{0,31}\$?", text):
        raise unfit("a login name")
    return text


def _device(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}", text):
        raise unfit("the name of a network device, like `enp1s0f0np0`")
    return text


def _variable(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise unfit("the name of an environment variable: letters, digits and underscores")
    return text


def _flag(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise unfit("the name of a flag without its leading dashes, like `block-size`")
    return text


def _reference(text: str) -> str:
    _line(text)
    if text.startswith("-") or any(character.isspace() for character in text):
        raise unfit("an image reference, like `vllm/vllm-openai:v0.30.0`")
    return text


def _digest(text: str) -> str:
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise unfit("`sha256:` and 64 hexadecimal digits, as `docker image inspect` prints them")
    return text


def _repository(text: str) -> str:
    if not re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise unfit("a Hub id, like `olka-fi/MiniMax-M2.7-MXFP4`")
    return text


def _revision(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", text) or ".." in text:
        raise unfit("a Hub commit, tag or branch")
    return text


def _day(value: Any) -> datetime.date:  # Any: straight from YAML
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise unfit("a day, like `2027-03-31`") from None


def _variable_value(value: Any) -> str | Prepend | SecretReference | None:  # Any: straight from YAML
    if value is None or isinstance(value, Prepend | SecretReference):
        return value
    if isinstance(value, bool):
        raise unfit('text: programs read booleans differently, so write `"1"`, `"0"` or `"true"` in quotes')
    if isinstance(value, int | float):
        # The author's spelling arrives, not Python's: 0.970 stays 0.970.
        return str(getattr(value, "text", value))
    if isinstance(value, str):
        if "\0" in value:
            raise unfit("text without NUL characters")
        return value
    if isinstance(value, dict) and set(value) == {"prepend"}:
        return Prepend.model_validate(value)
    if isinstance(value, dict) and set(value) == {"secret"}:
        return SecretReference.model_validate(value)
    raise unfit("text, a number, `{secret: NAME}`, `{prepend: TEXT}`, or null to remove the variable")


def _argument_value(value: Any) -> Any:  # Any: JSON values nest
    if isinstance(value, list):
        if any(isinstance(item, list | dict) or item is None for item in value):
            raise unfit("a list of plain values: each becomes one word after the flag")
        return tuple(_argument_value(item) for item in value)
    if isinstance(value, str) and "\0" in value:
        raise unfit("text without NUL characters")
    return value


Name = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": NAME_PATTERN})]
Line = Annotated[str, AfterValidator(_line)]
NodePath = Annotated[str, AfterValidator(_path_on_a_node), WithJsonSchema({"type": "string", "pattern": "^(/|~$|~/)"})]
ContainerPath = Annotated[
    str, AfterValidator(_path_in_a_container), WithJsonSchema({"type": "string", "pattern": "^/"})
]
Address = Annotated[str, AfterValidator(_host_or_address)]
User = Annotated[str, AfterValidator(_user)]
DeviceName = Annotated[str, AfterValidator(_device)]
VariableName = Annotated[str, AfterValidator(_variable)]
FlagName = Annotated[str, AfterValidator(_flag)]
ImageReference = Annotated[str, AfterValidator(_reference)]
Digest = Annotated[str, AfterValidator(_digest), WithJsonSchema({"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"})]
Repository = Annotated[str, AfterValidator(_repository)]
Revision = Annotated[str, AfterValidator(_revision)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]
# No cluster of this kind has a million of anything; a larger number is a slip of the hand.
Count = Annotated[int, Field(ge=1, le=1_000_000)]
TokenCount = Annotated[int, Field(ge=1, le=10**12)]
Day = Annotated[datetime.date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


class Prepend(Part):
    """Text put before what the image already holds in a variable, with a colon between."""

    prepend: Annotated[Line, Field(description="Put before the image's own value, joined by a colon.")]


class SecretReference(Part):
    """A value that stays on the node."""

    secret: Annotated[Name | VariableName, Field(description="Name of the secret file on each node.")]


VariableValue = Annotated[
    str | Prepend | SecretReference | None,
    BeforeValidator(_variable_value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "number", "null"]},
                {
                    "type": "object",
                    "properties": {
                        "secret": {"type": "string", "description": "Name of the secret file on each node."}
                    },
                    "required": ["secret"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {"prepend": {"type": "string", "description": "Put before the image's own value."}},
                    "required": ["prepend"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
Environment = dict[VariableName, VariableValue]
ArgumentValue = Annotated[Any, BeforeValidator(_argument_value)]
Arguments = dict[FlagName, ArgumentValue]


class ShapePart(Part):
    """The numbers of a model that sparkc checks and plans with; for models that its catalog does not hold."""

    layers: Annotated[Count | None, Field(description="Number of decoder layers.")] = None
    hidden_size: Annotated[Count | None, Field(description="Width of the residual stream.")] = None
    attention_heads: Annotated[Count | None, Field(description="Query heads of one layer.")] = None
    kv_heads: Annotated[Count | None, Field(description="Key/value heads of one layer.")] = None
    head_dim: Annotated[Count | None, Field(description="Width of one head.")] = None
    vocab_size: Annotated[TokenCount | None, Field(description="Entries of the vocabulary.")] = None
    intermediate_size: Annotated[Count | None, Field(description="Width of a dense feed-forward layer.")] = None
    experts: Annotated[Count | None, Field(description="Routed experts of one layer; absent for a dense model.")] = None
    experts_per_token: Annotated[Count | None, Field(description="Routed experts that one token visits.")] = None
    expert_intermediate_size: Annotated[Count | None, Field(description="Width of one routed expert.")] = None
    max_position_embeddings: Annotated[
        TokenCount | None, Field(description="Longest context that the model was made for, in tokens.")
    ] = None


class MeasurementPart(Part):
    """What the log of one boot of this very launch reported for one rank; the planner calibrates on it."""

    total: Annotated[Size, Field(description="Memory of the device in that log, like `121.69 GiB`.")]
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1, description="The fraction of that boot.")]
    available_kv: Annotated[Size, Field(description="`Available KV cache memory` of that boot, like `28.74 GiB`.")]
    weights: Annotated[Size | None, Field(description="`Model loading took` of that boot.")] = None
    graphs: Annotated[Size | None, Field(description="CUDA graph memory that was taken off the cache.")] = None
    max_num_batched_tokens: Annotated[
        TokenCount | None, Field(description="Tokens of one step in that boot; this launch's own when absent.")
    ] = None
    tensor: Annotated[Count | None, Field(description="Tensor parallel size; this launch's own when absent.")] = None
    source: Annotated[Line, Field(description="Where the log stands.")]


class ModelPart(Part):
    """Which model, and where its weights are."""

    id: Annotated[Repository | None, Field(description="Hub id of the checkpoint.")] = None
    revision: Annotated[Revision | None, Field(description="Hub commit. Without one, every node may hold another.")] = (
        None
    )
    path: Annotated[
        NodePath | None,
        Field(
            description="Folder of the weights on every node, mounted at the same path. Absent: by id, from the cache."
        ),
    ] = None
    hub: Annotated[
        Literal["huggingface", "modelscope"] | None,
        Field(description="Where the weights come from when no node has them."),
    ] = None
    trust_remote_code: Annotated[
        bool | None, Field(description="Let the engine run Python code that comes with the checkpoint.")
    ] = None
    size: Annotated[Size | None, Field(description="Bytes of the checkpoint on disk, like `115 GB`.")] = None
    family: Annotated[
        Line | None, Field(description="Model family, for a checkpoint that the catalog does not hold.")
    ] = None
    architecture: Annotated[
        Line | None,
        Field(description="First of the `architectures` in the model's config.json, for a model outside the catalog."),
    ] = None
    shape: Annotated[
        ShapePart | None, Field(description="Numbers from the model's config.json; they win over the catalog's.")
    ] = None
    config: Annotated[
        Line | None,
        Field(description="The model's config.json, relative to this file; its numbers win over the catalog's."),
    ] = None
    measurement: Annotated[
        MeasurementPart | None,
        Field(description="What a boot of this launch reported; it takes the place of the memory estimate."),
    ] = None


class Quant(Part):
    """How the weights are quantised."""

    short_form: ClassVar[str | None] = "format"

    format: Annotated[
        Name | None, Field(description="Format of the checkpoint: mxfp4, nvfp4, fp8, awq, gptq, w8a8, bf16, …")
    ] = None
    method: Annotated[
        Line | None, Field(description="The engine's --quantization, when it must be said or differs from the format.")
    ] = None


class ImagePart(Part):
    """The container image. `digest` pins one from a registry, `id` one that was built locally."""

    short_form: ClassVar[str | None] = "ref"

    ref: Annotated[ImageReference | None, Field(description="What the container engine is given.")] = None
    digest: Annotated[Digest | None, Field(description="Digest of the registry's manifest.")] = None
    id: Annotated[Digest | None, Field(description="Image id of a local build; the same on every node.")] = None


class ForkPart(Part):
    """What an image brings that the engine's release does not have."""

    catalog: Annotated[
        Line | None,
        Field(
            description="Catalog of the image's own engine, written by `sparkc catalog extract`, relative to this file."
        ),
    ] = None
    provides: Annotated[Many[Name] | None, Field(description="Features of the fork, like `virtual-sharding`.")] = None


class RayPart(Part):
    """The Ray cluster that carries the engine."""

    version: Annotated[Line | None, Field(description="Ray version in the image; the image catalog fills it in.")] = (
        None
    )
    port: Annotated[PortNumber | None, Field(description="Port of the head's GCS.")] = None
    object_store_memory: Annotated[
        Size | Literal["default"] | None,
        Field(
            description="Cap of Ray's object store per node; `default` leaves Ray's own choice.",
            union_mode="left_to_right",
        ),
    ] = None
    args: Annotated[Arguments | None, Field(description="Further flags of `ray start`, on every node.")] = None


class EnginePart(Part):
    """Which engine serves, from which image."""

    name: Annotated[Literal["vllm", "sglang", "vllm-ascend"] | None, Field(description="The inference engine.")] = None
    version: Annotated[Line | None, Field(description="Its version, in quotes; `unknown` leaves names unchecked.")] = (
        None
    )
    image: Annotated[ImagePart | None, Field(description="The container image that holds it.")] = None
    executor: Annotated[
        Literal["ray", "mp"] | None,
        Field(description="What carries ranks on several nodes: Ray, or the engine itself."),
    ] = None
    nccl: Annotated[Line | None, Field(description="NCCL version that the engine loads, in quotes.")] = None
    fork: Annotated[ForkPart | None, Field(description="What the image brings beyond the release.")] = None
    ray: Annotated[RayPart | None, Field(description="Settings of the Ray cluster.")] = None


class Login(Part):
    """How a node is entered."""

    user: Annotated[User | None, Field(description="Login name on the node.")] = None
    sudo: Annotated[
        Literal["passwordless", "password", "none"] | None,
        Field(
            description="What that user may do as root. Steps with root's powers need `passwordless`, or root itself."
        ),
    ] = None
    home: Annotated[NodePath | None, Field(description="Home of that user, when it is not /home/USER or /root.")] = None
    port: Annotated[PortNumber | None, Field(description="Port of sshd.")] = None


class Reserved(Part):
    """Another service on the node that keeps its memory and its ports."""

    name: Annotated[Line, Field(description="What it is.")]
    memory: Annotated[Size | None, Field(description="Memory it needs, like `8 GiB`.")] = None
    ports: Annotated[Many[PortNumber] | None, Field(description="Ports it listens on.")] = None


class Interconnect(Part):
    """What carries traffic between the nodes."""

    kind: Annotated[Literal["roce", "tcp"] | None, Field(description="RDMA over Ethernet, or plain sockets.")] = None
    interface: Annotated[
        DeviceName | None, Field(description="Network interface for sockets: bootstrap, Gloo, Ray.")
    ] = None
    hca: Annotated[Many[DeviceName] | None, Field(description="RDMA devices of the data path.")] = None
    topology: Annotated[Literal["direct", "switch", "ring"] | None, Field(description="How the cables run.")] = None
    mtu: Annotated[int | None, Field(ge=576, le=65535, description="MTU that the interface must have.")] = None
    speed: Annotated[
        int | None, Field(ge=1, le=10000, description="Link speed in Gb/s that the interface must have.")
    ] = None
    gid_index: Annotated[
        int | None, Field(ge=0, le=255, description="RoCE GID index; a fact of one node. Absent: NCCL chooses.")
    ] = None


class MountPart(Part):
    """A path of the node seen in the container."""

    host: Annotated[NodePath, Field(description="Path on the node; must exist.")]
    to: Annotated[ContainerPath | None, Field(description="Path in the container; the same when absent.")] = None
    read_only: Annotated[bool | None, Field(description="Whether the container may only read it.")] = None


class FilePart(Part):
    """A file of the project seen in the container."""

    file: Annotated[Line, Field(description="The file, relative to this one; `prepare` brings it to the nodes.")]
    to: Annotated[ContainerPath, Field(description="Path in the container, where it can only be read.")]


class ContainerPart(Part):
    """What the container gets beside image, weights and caches."""

    setup: Annotated[
        Many[Line] | None,
        Field(description="Scripts of the project, run in the container before the engine starts, in this order."),
    ] = None
    files: Annotated[Many[FilePart] | None, Field(description="Files of the project that the engine reads.")] = None
    mounts: Annotated[Many[MountPart] | None, Field(description="Further paths of the node.")] = None
    shm_size: Annotated[Size | None, Field(description="Size of /dev/shm; not together with `ipc: host`.")] = None
    ipc: Annotated[
        Literal["host", "private"] | None, Field(description="IPC namespace; not together with shm_size.")
    ] = None
    privileged: Annotated[
        bool | None, Field(description="Give the container every device and every power of root on the node.")
    ] = None
    auto_remove: Annotated[bool | None, Field(description="Remove the container when it ends, its log with it.")] = None


class RestartPart(Part):
    """What happens when the engine ends with an error."""

    short_form: ClassVar[str | None] = "policy"

    policy: Annotated[Literal["on-failure", "no"] | None, Field(description="Start the group again, or leave it.")] = (
        None
    )
    attempts: Annotated[int | None, Field(ge=1, le=100, description="Restarts before the group is left alone.")] = None


class Parallelism(Part):
    """How the model is cut over the accelerators."""

    tensor: Annotated[Count | None, Field(description="Tensor parallel size.")] = None
    pipeline: Annotated[Count | None, Field(description="Pipeline parallel size.")] = None
    data: Annotated[Count | None, Field(description="Data parallel size.")] = None
    data_mode: Annotated[
        Literal["internal", "external"] | None,
        Field(
            description="`internal` is one server over all data parallel ranks; `external` gives each rank a container "
            "and an API port of its own, counted from serving.port."
        ),
    ] = None
    data_rpc_port: Annotated[
        PortNumber | None, Field(description="Port on the first host where data parallel ranks meet.")
    ] = None
    expert: Annotated[
        Count | None, Field(description="Expert parallel size; 1 is off, otherwise tensor times data.")
    ] = None


# `fit` leaves a value to sparkc. It is taken out before a spec is typed (resolve/fit_word.py), so only the schema that
# editors use knows it.
def _or_fit(schema: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [schema, {"const": "fit"}]})


class MemoryPart(Part):
    """How much memory the engine takes; exactly one of these, in the engine's own word, or `fit` for the whole."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Offer `fit` beside the mapping."""
        return {"anyOf": [super().__get_pydantic_json_schema__(schema, handler), {"const": "fit"}]}

    gpu_memory_utilization: Annotated[
        float | None, Field(gt=0, le=1, description="vLLM: fraction of the device's whole memory.")
    ] = None
    mem_fraction_static: Annotated[
        float | None, Field(gt=0, le=1, description="SGLang: fraction of the memory free before loading.")
    ] = None
    kv_cache_memory_bytes: Annotated[
        Annotated[Size, _or_fit({"type": "string", "pattern": PATTERN})] | None,
        Field(description="vLLM: size of the KV cache on each rank, like `20 GiB`; `fit` leaves it to sparkc."),
    ] = None


class DraftModel(Part):
    """A model of its own that drafts tokens; every node needs its files like the model's."""

    id: Annotated[
        Repository | None,
        Field(description="Hub id of the draft model. Absent: its files were made here, and no hub has them."),
    ] = None
    revision: Annotated[Revision | None, Field(description="Hub commit.")] = None
    path: Annotated[
        NodePath | None,
        Field(
            description="Folder of its files on every node, mounted at the same path. Absent: by id, from the cache."
        ),
    ] = None
    size: Annotated[Size | None, Field(description="Bytes of its files on disk, like `2.1 GB`.")] = None
    config: Annotated[
        Line | None, Field(description="Its config.json, relative to this file: what its layers take in the KV cache.")
    ] = None


class Speculative(Part):
    """Drafting tokens ahead of the model."""

    method: Annotated[Line | None, Field(description="ngram, mtp, eagle3, …, in the engine's own word.")] = None
    num_speculative_tokens: Annotated[Count | None, Field(description="Tokens drafted per step.")] = None
    model: Annotated[
        DraftModel | None, Field(description="The draft model, for methods that have one; not in `options`, too.")
    ] = None
    options: Annotated[
        dict[str, ArgumentValue] | None, Field(description="Further keys of the engine's speculative configuration.")
    ] = None


def _names(value: Any) -> Any:  # Any: straight from YAML
    return [value] if isinstance(value, str) else value


class Serving(Part):
    """What the engine offers, and within which bounds."""

    task: Annotated[Literal["generate", "embed", "rerank"] | None, Field(description="What clients ask of it.")] = None
    host: Annotated[Address | None, Field(description="Address that the API listens on.")] = None
    port: Annotated[PortNumber | None, Field(description="Port of the API.")] = None
    api_key: Annotated[SecretReference | None, Field(description="Key that clients must send.")] = None
    served_model_name: Annotated[
        Many[Line] | None,
        BeforeValidator(_names),
        WithJsonSchema(
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}]}
        ),
        Field(description="Names under which clients ask for the model; a single one may stand without a list."),
    ] = None
    max_model_len: Annotated[
        Annotated[TokenCount, _or_fit({"type": "integer", "minimum": 1, "maximum": 10**12})] | None,
        Field(description="Longest context in tokens, prompt and answer; `fit` leaves it to sparkc."),
    ] = None
    max_num_seqs: Annotated[Count | None, Field(description="Requests that run at once.")] = None
    max_num_batched_tokens: Annotated[
        TokenCount | None, Field(description="Tokens that one step takes; in SGLang prompt tokens.")
    ] = None
    memory: Annotated[
        MemoryPart | None, Field(description="Share of the memory that the engine takes; `fit` leaves it to sparkc.")
    ] = None
    kv_cache_dtype: Annotated[
        Line | None, Field(description="Number format of the KV cache, in the engine's word.")
    ] = None
    load_format: Annotated[Line | None, Field(description="How weights are read, in the engine's word.")] = None
    prefix_caching: Annotated[bool | None, Field(description="Keep the KV cache of shared prompt beginnings.")] = None
    chunked_prefill: Annotated[bool | None, Field(description="Cut long prompts into steps.")] = None
    cuda_graphs: Annotated[
        Literal["off", "none", "piecewise", "full", "full_decode_only", "full_and_piecewise", "default"] | None,
        Field(
            description="`off` is eager mode, `none` keeps the compiler without graphs, `default` leaves it to the "
            "engine. Absent: sparkc proposes."
        ),
    ] = None
    chat_template: Annotated[
        Line | None, Field(description="Chat template in place of the model's own: a file, relative to this one.")
    ] = None
    tool_call_parser: Annotated[Line | None, Field(description="Reads tool calls out of answers.")] = None
    reasoning_parser: Annotated[Line | None, Field(description="Reads reasoning out of answers.")] = None
    speculative: Annotated[Speculative | None, Field(description="Speculative decoding.")] = None


class Host(Part):
    """One machine. Its own `interconnect`, `env`, `container`, `model` and `login` are laid over the spec's."""

    name: Annotated[Name, Field(description="Short name; folder names and messages use it.")]
    ssh: Annotated[Address | None, Field(description="Management address for ssh; the name when absent.")] = None
    address: Annotated[
        Address | None, Field(description="IP address that peers dial; must stand on the interconnect's interface.")
    ] = None
    memory: Annotated[Size | None, Field(description="Memory that the device reports on this unit, when measured.")] = (
        None
    )
    reserved: Annotated[Many[Reserved] | None, Field(description="Other services on this machine.")] = None
    interconnect: Annotated[Interconnect | None, Field(description="Where this host's network differs.")] = None
    env: Annotated[Environment | None, Field(description="Variables on this host only.")] = None
    container: Annotated[ContainerPart | None, Field(description="Where this host's containers differ.")] = None
    model: Annotated[ModelPart | None, Field(description="Where this host's weights are elsewhere.")] = None
    login: Annotated[Login | None, Field(description="Where this host is entered differently.")] = None


class NodesPart(Part):
    """The machines, and how they are entered."""

    hardware: Annotated[
        Name | None, Field(description="Kind of machine in the hardware catalog, like `dgx-spark`.")
    ] = None
    login: Annotated[Login | None, Field(description="How the machines are entered.")] = None
    install_dir: Annotated[
        NodePath | None, Field(description="Folder on each node for scripts and logs; `~/sparkc/NAME` when absent.")
    ] = None
    cache_dir: Annotated[
        NodePath | None,
        Field(description="Folder on each node that keeps Hub and compile caches; `~/.cache` when absent."),
    ] = None
    tuning: Annotated[
        bool | None,
        Field(
            description="Whether the host's settings that the machine's documentation asks for are made at each `up`, "
            "as root; yes when absent."
        ),
    ] = None
    hosts: Annotated[Many[Host] | None, Field(description="The machines; the first is the head.")] = None


class Role(Part):
    """Settings for the head, or for all workers, laid over the spec's."""

    env: Annotated[Environment | None, Field(description="Variables in this role only.")] = None
    container: Annotated[ContainerPart | None, Field(description="Where containers of this role differ.")] = None


class SideRole(Part):
    """One side of a prefill/decode separation: its hosts, and settings of its own laid over the spec's."""

    hosts: Annotated[Many[Name] | None, Field(description="Names of its machines; the first is its head.")] = None
    model: Annotated[ModelPart | None, Field(description="Where the weights of this side are elsewhere.")] = None
    parallelism: Annotated[Parallelism | None, Field(description="How this side cuts the model.")] = None
    serving: Annotated[Serving | None, Field(description="Where this side serves differently.")] = None
    args: Annotated[Arguments | None, Field(description="Engine flags of this side only.")] = None
    env: Annotated[Environment | None, Field(description="Variables of this side only.")] = None
    container: Annotated[ContainerPart | None, Field(description="Where containers of this side differ.")] = None


class ProxyRole(Part):
    """The proxy that clients talk to: it sends a request through prefill, and then to decode."""

    host: Annotated[Name | None, Field(description="Name of the machine that it runs on.")] = None
    address: Annotated[
        Address | None, Field(description="Address that it listens on; that of its machine among peers when absent.")
    ] = None
    port: Annotated[PortNumber | None, Field(description="Port that clients dial.")] = None
    script: Annotated[
        ContainerPath | None, Field(description="Its program in the image; the engine's own example when absent.")
    ] = None
    args: Annotated[Arguments | None, Field(description="Further flags of it, without their dashes.")] = None


class Roles(Part):
    """Overlays by the place of a host in its group, and the sides of a prefill/decode separation."""

    head: Annotated[Role | None, Field(description="Where the first host differs.")] = None
    worker: Annotated[Role | None, Field(description="Where all other hosts differ.")] = None
    prefill: Annotated[SideRole | None, Field(description="What computes the prompts.")] = None
    decode: Annotated[SideRole | None, Field(description="What writes the answers.")] = None
    proxy: Annotated[ProxyRole | None, Field(description="What clients talk to when prefill and decode are apart.")] = (
        None
    )


class KvPorts(Part):
    """The first KV port of each side; every rank takes one from there on."""

    prefill: Annotated[PortNumber | None, Field(description="First port of the prefill side.")] = None
    decode: Annotated[PortNumber | None, Field(description="First port of the decode side.")] = None


class KvTransfer(Part):
    """How the KV cache gets from prefill to decode; roles, engine ids and both sizes are derived."""

    connector: Annotated[
        Line | None, Field(description="Connector in the engine's word, like `MooncakeConnectorV1`.")
    ] = None
    ports: Annotated[KvPorts | None, Field(description="Where ranks hand over; sparkc chooses when absent.")] = None
    extra: Annotated[
        dict[str, ArgumentValue] | None, Field(description="Further keys of the connector's own configuration.")
    ] = None


class Allowance(Part):
    """A finding that the author accepts."""

    rule: Annotated[Line, Field(description="Name of the rule.")]
    reason: Annotated[Line, Field(description="Why it is accepted; shown in the runbook.")]
    until: Annotated[Day | None, Field(description="Last day on which the allowance holds.")] = None


class Spec(Part):
    """A deployment of one model on a small cluster, as its author wrote it: no defaults filled in."""

    api_version: Annotated[
        Literal["sparkc/v1"] | None, Field(alias="apiVersion", description="Version of the spec language.")
    ] = None
    name: Annotated[Name | None, Field(description="Name of the deployment; its folder below `generated/`.")] = None
    abstract: Annotated[
        bool | None, Field(description="Only a base for `extends` and `variants`; not compiled itself.")
    ] = None
    extends: Annotated[Line | None, Field(description="A spec that this one is laid over, relative to this file.")] = (
        None
    )
    cluster: Annotated[
        Line | None,
        Field(description="A file with `nodes` and `interconnect`, shared by several specs, relative to this file."),
    ] = None
    model: Annotated[ModelPart | None, Field(description="Which model, and where its weights are.")] = None
    quant: Annotated[Quant | None, Field(description="Format of the checkpoint, or `{format, method}`.")] = None
    engine: Annotated[EnginePart | None, Field(description="Which engine serves, from which image.")] = None
    nodes: Annotated[
        NodesPart | None, Field(description="The machines; one with one accelerator needs no more keys.")
    ] = None
    interconnect: Annotated[Interconnect | None, Field(description="What carries traffic between the nodes.")] = None
    parallelism: Annotated[Parallelism | None, Field(description="How the model is cut over the accelerators.")] = None
    serving: Annotated[Serving | None, Field(description="What the engine offers, and within which bounds.")] = None
    args: Annotated[
        Arguments | None,
        Field(
            description="Further engine flags without their dashes: true is a bare flag, false its negative, null "
            "removes what sparkc set, a list gives several values, a map one JSON value."
        ),
    ] = None
    env: Annotated[
        Environment | None,
        Field(description="Variables for the engine's containers; known names go to the processes that read them."),
    ] = None
    container: Annotated[
        ContainerPart | None, Field(description="What the container gets beside image and weights.")
    ] = None
    restart: Annotated[RestartPart | None, Field(description="What happens when the engine ends with an error.")] = None
    targets: Annotated[
        Many[Name] | None, Field(description="What to generate; all that can express it when absent.")
    ] = None
    variants: Annotated[
        dict[Name, dict[str, Any]] | None,
        Field(description="Overlays, each laid over the spec and compiled on its own."),
    ] = None
    roles: Annotated[
        Roles | None,
        Field(description="Overlays for the head and for the workers; prefill, decode and proxy where they are apart."),
    ] = None
    kv_transfer: Annotated[
        KvTransfer | None, Field(description="How the KV cache gets from prefill to decode where they are apart.")
    ] = None
    allow: Annotated[Many[Allowance] | None, Field(description="Findings that the author accepts, with a reason.")] = (
        None
    )
