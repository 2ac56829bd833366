"""A published launch, and how a compiled one compares with it: setting by setting, JSON by meaning.

Roles are named as the publications name them. What starts a container from outside (a launcher, an exec wrapper) has no
counterpart in a Plan and is left out; of a role that ends in `_partial` or `_tried` only what is stated is compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from sparkc.catalog.engine import find_engine
from sparkc.plan import Because, Container, Node, Plan, Process, Setting

SCENARIOS = Path(__file__).parent.parent / "scenarios"
LAUNCHERS = (
    "launcher",
    "exec_wrapper",
    "run_cluster_head",
    "run_cluster_worker",
    "launch_prefill",
    "launch_decode",
)
INCOMPLETE = ("_partial", "_tried")
EVERYWHERE = ("reference_table", "all")
"""Roles that name no process: a table at the end of an article, a script that exports everything at its head."""
NOTHING = "absent"
"""What stands where a setting is not there; a publication says so of a flag that was left out."""

Value = object


@dataclass(frozen=True)
class Compared:
    """One published setting and what the compiled launch has in its place."""

    role: str
    key: str
    published: Value
    compiled: Value

    @property
    def is_equal(self) -> bool:
        return self.published == self.compiled


@dataclass(frozen=True)
class Extra:
    """A setting that the publication does not have."""

    role: str
    key: str
    value: Value
    because: Because


@dataclass(frozen=True)
class Place:
    """What a published role is in the Plan; a role that is a whole container has no one process."""

    node: Node
    container: Container
    process: Process | None

    @property
    def processes(self) -> tuple[Process, ...]:
        return self.container.processes if self.process is None else (self.process,)

    def variables(self) -> dict[str, Setting]:
        own = (setting for process in self.processes for setting in process.environment)
        put_before = (
            replace(setting, value=f"{setting.value}:${{{setting.key}}}") for setting in self.container.prepended
        )
        return {setting.key: setting for setting in (*put_before, *self.container.environment, *own)}


@dataclass(frozen=True)
class Publication:
    """One file of `tests/scenarios`."""

    name: str

    @cached_property
    def told(self) -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.safe_load((SCENARIOS / f"{self.name}.yaml").read_text(encoding="utf-8"))
        return loaded

    @property
    def spec(self) -> str:
        return str(self.told["spec"])

    @property
    def variant(self) -> str | None:
        variant: str | None = self.told["variant"]
        return variant

    def compared(self, plan: Plan) -> Iterator[Compared]:
        """Yield everything that is published, with what the plan has in its place."""
        for role, variables in self.told["env"].items():
            if role not in LAUNCHERS:
                yield from self._variables(role, variables, plan)
        for role, items in self.told["argv"].items():
            if role not in LAUNCHERS:
                yield from self._words(role, items, place_of(plan, role), plan)
        for role, keys in self.told.get("compose", {}).items():
            place = place_of(plan, role)
            for key, value in keys.items():
                yield from self._compose(role, key, value, place)
        for role, names in self.told.get("unset", {}).items():
            removed = place_of(plan, role).container.unset
            for name in names.split():
                yield Compared(role, f"unset {name}", name, name if removed and name in removed.names else NOTHING)
        steps = [" ".join(step.argv).removeprefix("sh -c ") for step in plan.head.steps]
        for line in self.told.get("host_steps", ()):
            yield Compared("host_steps", line, line, line if line in steps else NOTHING)

    def extras(self, plan: Plan) -> Iterator[Extra]:
        """Yield what the plan has and the publication has not, role by role."""
        for role, variables in self.told["env"].items():
            if role in (*LAUNCHERS, *EVERYWHERE) or role.endswith(INCOMPLETE):
                continue
            for key, setting in place_of(plan, role).variables().items():
                if key not in variables:
                    yield Extra(role, key, setting.value, setting.because)
        for role, items in self.told["argv"].items():
            place = place_of(plan, role) if role not in LAUNCHERS else None
            if place is None or place.process is None or role.endswith(INCOMPLETE):
                continue
            published = {self._canonical(item["flag"], plan) for item in items if "flag" in item}
            for setting in place.process.arguments:
                if setting.key not in published:
                    yield Extra(role, setting.key, setting.value, setting.because)

    def _variables(self, role: str, variables: dict[str, str], plan: Plan) -> Iterator[Compared]:
        here = everywhere(plan) if role in EVERYWHERE else place_of(plan, role).variables()
        for key, value in variables.items():
            setting = here.get(key)
            wanted = self._filled(value, role)
            if isinstance(wanted, str) and wanted.endswith(f":${key}"):
                # A shell reads $NAME and ${NAME} alike.
                wanted = f"{wanted.removesuffix(f'${key}')}${{{key}}}"
            yield Compared(role, key, wanted, setting.value if setting else NOTHING)

    def _words(self, role: str, items: list[dict[str, Any]], place: Place, plan: Plan) -> Iterator[Compared]:
        for item in items:
            if "program" in item:
                continue
            elif place.process is None:
                yield self._of_container(role, item, place)
            elif "positional" in item:
                operands = [operand.value for operand in place.process.operands]
                word = self._filled(item["positional"], role)
                yield Compared(role, word, word, word if word in operands else operands)
            else:
                yield self._flag(role, item, place.process, plan)

    def _flag(self, role: str, item: dict[str, Any], process: Process, plan: Plan) -> Compared:
        here = spelled(
            {setting.key: setting.value for setting in process.arguments}, self._canonical(item["flag"], plan)
        )
        wanted: Value = self._filled(item.get("value"), role)
        if "json" in item:
            wanted = meaning(json.loads(self._filled(json.dumps(item["json"]), role)))
            here = meaning(json.loads(here)) if isinstance(here, str) and here != NOTHING else here
            # As texts: Python takes true for 1.
            wanted, here = json.dumps(wanted, sort_keys=True), json.dumps(here, sort_keys=True)
        return Compared(role, item["flag"], wanted, here)

    def _canonical(self, flag: str, plan: Plan) -> str:
        """Return the name that the pinned version gives to a flag that was published under another one."""
        match = find_engine(plan.engine, plan.engine_version)
        # vLLM takes underscores for dashes.
        known = match.catalog.flag(flag) or match.catalog.flag(flag.replace("_", "-")) if match else None
        return known.name if known and flag not in known.negatives else flag

    def _of_container(self, role: str, item: dict[str, Any], place: Place) -> Compared:
        """Compare one word of `docker run` with what every target gives the container."""
        container = place.container
        if "positional" in item:
            word = self._filled(item["positional"], role)
            return Compared(role, word, word, word if word == container.image.reference else NOTHING)
        flag, value = item["flag"], self._filled(item.get("value"), role)
        if flag == "-e":
            name, _, text = str(value).partition("=")
            setting = place.variables().get(name)
            return Compared(role, f"-e {name}", text, setting.value if setting else NOTHING)
        if flag == "-v":
            return Compared(role, f"-v {value}", value, self._mounted(str(value), container))
        if flag == "--device":
            here = next((device.path for device in container.devices if device.path == value), NOTHING)
            return Compared(role, f"--device {value}", value, here)
        options: dict[str, Value] = {
            "--name": container.name,
            "--network": container.network.value,
            "--net": container.network.value,
            "--shm-size": f"{int(str(container.shm_size.value)) // 2**30}g" if container.shm_size else NOTHING,
            "--gpus": container.gpus.value if container.gpus else NOTHING,
            "--ipc": container.ipc.value if container.ipc else NOTHING,
        }
        return Compared(role, flag, value, options.get(flag, NOTHING))

    def _mounted(self, mount: str, container: Container) -> str:
        host, _, _ = mount.partition(":")
        found = next((mount for mount in container.mounts if mount.host == host), None)
        return f"{found.host}:{found.to}" if found else NOTHING

    def _compose(self, role: str, key: str, value: Any, place: Place) -> Iterator[Compared]:  # Any: YAML
        container = place.container
        if key in ("devices", "volumes", "cap_add"):
            for entry in value:
                found = {
                    "devices": lambda entry: next(
                        (
                            f"{device.path}:{device.path}"
                            for device in container.devices
                            if entry.startswith(device.path)
                        ),
                        NOTHING,
                    ),
                    "volumes": lambda entry: self._mounted(entry, container),
                    "cap_add": lambda entry: next(
                        (option.value for option in container.capabilities if option.value == entry), NOTHING
                    ),
                }[key](self._filled(entry, role))
                yield Compared(role, f"{key} {entry}", self._filled(entry, role), found)
        elif key == "ulimits":
            for name, limit in value.items():
                here = next((entry.soft for entry in container.limits if entry.name == name), NOTHING)
                yield Compared(role, f"ulimits {name}", limit, here)
        else:
            yield Compared(role, key, value, _compose_option(key, container))

    def _filled(self, text: Any, role: str) -> Any:  # Any: a word of the publication, or none
        """Put the spec's own values where the publication has a name for them."""
        if isinstance(text, list):
            return tuple(self._filled(one, role) for one in text)
        if not isinstance(text, str):
            return text
        for name, meant in self.told.get("stands_for", {}).items():
            text = text.replace(name, _meant(meant, role))
        return text


def _meant(meant: str | dict[str, str], role: str) -> str:
    """Return what a name of the publication stands for in one role."""
    if isinstance(meant, str):
        return meant
    return meant.get(role) or meant.get("worker" if "worker" in role else "head", "")


def _compose_option(key: str, container: Container) -> Value:
    """Return what the plan has for one key of a service in a Compose file."""
    startup = next((probe for probe in container.probes if probe.kind == "startup"), None)
    options: dict[str, Value] = {
        "network_mode": container.network.value,
        "privileged": container.privileged is not None,
        "ipc": container.ipc.value if container.ipc else NOTHING,
        "shm_size": int(str(container.shm_size.value)) if container.shm_size else NOTHING,
        "restart": f"on-failure:{container.restart.attempts}" if container.restart.on_failure else "no",
        "gpu": {"driver": "nvidia", "count": container.gpus.value, "capabilities": ["gpu"]} if container.gpus else None,
        "healthcheck": f"{startup.fact}, {startup.failures * startup.period_s} s" if startup else NOTHING,
    }
    return options.get(key, NOTHING)


def place_of(plan: Plan, role: str) -> Place:
    """Return the compiled process, or container, for a role of a publication."""
    name = role
    for ending in INCOMPLETE:
        name = name.removesuffix(ending)
    if "_rank_" in name or name == "proxy":
        return _place_apart(plan, name)
    node = plan.nodes[-1] if name.endswith("worker") else plan.head
    container = node.containers[0]
    wanted = {"serve": "engine", "ray_head": "raylet", "ray_worker": "raylet"}.get(name)
    process = next((process for process in container.processes if process.name == wanted), None)
    return Place(node, container, process)


def _place_apart(plan: Plan, name: str) -> Place:
    """Return the place of one rank (`prefill_rank_1`), or the proxy, where prefill and decode are apart."""
    ending = "-proxy" if name == "proxy" else f"-{name.replace('_rank_', '-dp')}"
    return next(
        Place(node, container, container.processes[-1])
        for node in plan.nodes
        for container in node.containers
        if container.name.endswith(ending)
    )


def spelled(flags: dict[str, Any], flag: str) -> Value:
    """Return a flag's value; `-cc.mode=X` is vLLM's short way to one key of `--compilation-config`."""
    short, _, key = flag.partition(".")
    if short == "-cc" and key:
        return json.loads(flags.get("--compilation-config") or "{}").get(key, NOTHING)
    return flags.get(flag, NOTHING)


def everywhere(plan: Plan) -> dict[str, Setting]:
    """Return every variable of every process: what a table of variables at the end of an article means."""
    places = (Place(node, container, None) for node in plan.nodes for container in node.containers)
    return {key: setting for place in places for key, setting in place.variables().items()}


def meaning(value: Any) -> Any:  # Any: JSON
    """Return JSON as vLLM reads it."""
    if isinstance(value, dict):
        return {key: _member(key, entry) for key, entry in value.items()}
    return value


def _member(key: str, value: Any) -> Any:  # Any: JSON
    if key == "cudagraph_mode":
        # vllm 0.18.1, vllm/config/compilation.py: in capitals.
        return str(value).upper()
    if key == "kv_port":
        # vllm 0.21.0, vllm/config/kv_transfer.py: a whole number, also when it comes as text.
        return int(value)
    return meaning(value)
