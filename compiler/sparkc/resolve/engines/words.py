"""The shape of an engine's words: flags, ports, paths and lines of its log, without a decision about a launch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sparkc.findings import KeyPath
from sparkc.plan import Marker, Setting
from sparkc.resolve.draft import Draft, HostDraft
from sparkc.resolve.facts import Facts
from sparkc.resolve.separation import SideName

Says = Callable[[Draft], Iterator[Setting]]


@dataclass(frozen=True)
class Switch:
    """A yes or no of the spec; None where the engine has no word because it does so by itself.

    Args:
        off_value: behind the flag `off`, where that is no switch.
    """

    key: tuple[str, ...]
    on: str | None
    off: str | None
    off_value: str | None = None


@dataclass(frozen=True)
class Cache:
    """A folder that is worth keeping between starts.

    Args:
        folder: its name below the cache folder of the node, and below /cache in the container.
        variable: what tells the program about it.
        what: what lies there; `kept` says what that is good for.
    """

    folder: str
    variable: str
    what: str
    kept: str


@dataclass(frozen=True)
class Bench:
    """The engine's own benchmark; `trust` is its flag for code that comes with the checkpoint."""

    program: tuple[str, ...]
    flags: tuple[tuple[str, str], ...]
    trust: str | None


@dataclass(frozen=True)
class Unsaid:
    """A value of the spec that the engine has no word for.

    Args:
        by_itself: the engine does so when nothing is said; otherwise the wish has no effect.
        help: the way out; None where the value can only be removed.
    """

    key: KeyPath
    why: str
    by_itself: bool = False
    help: str | None = None


@dataclass(frozen=True)
class ApiKey:
    """How the engine gets the key that clients must send, without a place in its command line, which `ps` shows.

    Args:
        variable: read from the environment, or the member of the file.
        file: flag that names a YAML file, and where the start script writes it in the container; None for a variable.
    """

    variable: str
    file: tuple[str, str] | None = None


@dataclass(frozen=True)
class ProxyWords:
    """The engine's own program in front of prefill and decode.

    Args:
        script: in the image; `says` and `link` tell where it comes from, with its version.
        lists: for each side the flags that take the hosts and the ports of its servers, one host for each port.
        key_variable: where it reads the key that the servers ask for. It asks its own clients for none.
        health_path: answers 200 once it serves.
    """

    script: str
    says: str
    link: str
    lists: Mapping[SideName, tuple[str, str]]
    key_variable: str
    health_path: str


def _nothing(_: Draft) -> Iterator[Setting]:
    yield from ()


@dataclass(frozen=True)
class EngineWords:
    """One engine.

    Args:
        program: leading argv words.
        model_flag: says which model; None where it is the first operand.
        plain_flags: spec key and flag, for values that pass through as they are.
        parallelism, graphs, tool_calls, speculation: what the spec's other keys become.
        node_arguments: what differs from node to node where the engine carries the ranks itself.
        node_flags: the flags that sparkc makes for each node, which therefore may not stand in `args`.
        rank_flags: likewise where each data parallel rank is a server of its own.
        key_flags: further flags that a key of the spec says.
        has_negatives: every switch has a negative, `--no-…`.
        default_host, default_port: where the API listens when nobody says otherwise.
        address_variable: this node's own address on the fabric, and what happens without it.
        rendezvous_port: where ranks meet on the head, when the engine carries them itself.
        shared_rank_ports: further ports on the head, counted from there, when data parallel attention shares the ranks.
        followers_serve_health: every other node answers on the API's port once its ranks are ready.
        health_timeout_s: how long `/health` may take to answer and still be well; `health_says` tells what it means.
        ready_line: the line of the log that says that it serves.
        markers: lines that prove that the launch runs as it was meant to.
        unsaid: what the spec says and the engine has no word for.
        longer_context: variable that lets a context pass which the model was not made for, and the flag that changes
            the model's own configuration instead.
        balance: the least free node must have so many percent of what the others have, and the variable that
            switches that off; None where the engine does not compare.
        kv_transfer: how the KV cache gets from prefill to decode, where they are apart.
        proxy: what stands in front of the two; None where no such program is known.
    """

    title: str
    program: tuple[str, ...]
    model_flag: str | None
    plain_flags: tuple[tuple[tuple[str, ...], str], ...]
    switches: tuple[Switch, ...]
    parallelism: Says
    graphs: Says
    tool_calls: Says
    speculation: Says
    node_arguments: Callable[[Draft, HostDraft], Iterator[Setting]]
    node_flags: tuple[str, ...]
    rank_flags: tuple[str, ...]
    key_flags: tuple[tuple[tuple[str, ...], str], ...]
    has_negatives: bool
    default_host: str
    default_port: int
    address_variable: tuple[str, str, str]
    rendezvous_port: int
    shared_rank_ports: tuple[int, ...]
    followers_serve_health: bool
    health_timeout_s: int
    health_says: str
    ready_line: str
    caches: tuple[Cache, ...]
    api_key: ApiKey
    markers: Callable[[Draft], Iterator[Marker]]
    bench: Bench
    unsaid: Callable[[Facts], Iterator[Unsaid]]
    longer_context: tuple[str, str]
    balance: tuple[int, str] | None = None
    kv_transfer: Says = _nothing
    proxy: ProxyWords | None = None
