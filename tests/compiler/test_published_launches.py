"""Compiled launches against the published ones: equal, or different for a rule that is named here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from compiling import SPECS, compiled, tools

from sparkc.plan import Container, Plan, Process

SCENARIOS = Path(__file__).parent.parent / "scenarios"


@dataclass(frozen=True)
class Difference:
    """Where sparkc says something in another way than the publication, and why.

    `by` is a rule, or `plan:` and the decision of the architecture that stands behind it.
    """

    role: str
    key: str
    now: str
    by: str


# fmt: off
ATLAS = (
    Difference("container", "-it", "nobody sits at it; the log is kept", "plan: containers"),
    Difference("container", "-v", "the weights and caches in it, each mounted by itself", "plan: caches"),
    Difference("host_steps", "sysctl kernel.sched_migration_cost_ns=50000", "with -w, as the tuning guide has it",
               "plan: steps"),
)
ATLAS_A3 = (
    *ATLAS,
    Difference("container", "--rm", "the log of a crash is kept", "container-removed-after-crash"),
    Difference("serve", "VLLM_ASCEND_BALANCE_SCHEDULING", "the key that takes its place", "variable-on-its-way-out"),
    Difference("serve", "--additional-config", "that key, and numbers where numbers are read",
               "number-given-as-switch"),
)

DIFFERENCES = {
    "minimax-m27-mxfp4-published": (
        Difference("serve", "RAY_memory_usage_threshold", "moved to `ray start`, which reads it",
                   "variable-given-to-wrong-process"),
        Difference("ray_head", "RAY_DEDUP_LOGS", "given to the driver alone, which prints the workers' logs",
                   "variable-given-to-wrong-process"),
    ),
    "minimax-m27-nvfp4-published": (
        Difference("serve", "--compilation-config", "NONE, the same mode as the engine spells it", "plan: arguments"),
    ),
    "qwen36-35b-nvfp4": (
        Difference("container", "-p", "host network, so nothing is published", "plan: containers"),
        Difference("container", "-it", "nobody sits at it; the log is kept", "plan: containers"),
        Difference("container", "-e", "a file on the node, read by the start script", "literal-secret"),
        Difference("container", "HF_TOKEN", "a file on the node, read by the start script", "literal-secret"),
        Difference("container", "-v", "the same cache of the node, mounted at /cache", "plan: caches"),
    ),
    "minimax-m27-w8a8-a3-short-context": ATLAS_A3,
    "minimax-m27-w8a8-a3-long-context": ATLAS_A3,
    "minimax-m27-w8a8-a3-low-latency": ATLAS_A3,
    "minimax-m27-w8a8-a2": (
        *ATLAS,
        Difference("container", "-itd", "nobody sits at it; the log is kept", "plan: containers"),
        Difference("container", "-u", "the image's own user, which is root", "plan: containers"),
        Difference("container", "-e", "what the tutorial's own shell sets a moment later wins", "plan: variables"),
        Difference("container", "--shm-size", "the host's, as --ipc=host says", "shm-size-with-host-ipc"),
    ),
}
# fmt: on


def scenarios() -> list[str]:
    return sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


def scenario(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def plan_of(name: str) -> Plan:
    told = scenario(name)
    launches = compiled(SPECS / f"{told['spec']}.yaml").launches
    return next(launch.plan for launch in launches if launch.variant == told["variant"] and launch.plan is not None)


def process(container: Container, name: str) -> Process:
    return next(process for process in container.processes if process.name == name)


def roles(plan: Plan) -> dict[str, tuple[Container, Process]]:
    """Return the compiled process for each role of a publication."""
    head = plan.nodes[0].containers[0]
    worker = plan.nodes[-1].containers[0]
    engine = (head, process(head, "engine"))
    found = {"serve": engine, "container": engine, "reference_table": engine}
    if plan.executor == "ray":
        found |= {"ray_head": (head, process(head, "raylet")), "ray_worker": (worker, process(worker, "raylet"))}
    return found


def variables(container: Container, process: Process) -> dict[str, str | tuple[str, ...] | None]:
    own = {setting.key: setting.value for setting in (*container.environment, *process.environment)}
    return own | {setting.key: f"{setting.value}:${setting.key}" for setting in container.prepended}


def docker_words(container: Container, process: Process) -> set[tuple[str, str]]:
    """Return what `docker run` is told about a container, in the words of publications."""
    options = {"--net": container.network, "--ipc": container.ipc}
    words = {(flag, option.value) for flag, option in options.items() if option is not None}
    words |= {("--device", device.path) for device in container.devices}
    words |= {("-v", f"{mount.host}:{mount.to}") for mount in container.mounts}
    words |= {("-e", f"{key}={value}") for key, value in variables(container, process).items()}
    if container.shm_size is not None:
        words.add(("--shm-size", f"{int(str(container.shm_size.value)) // 2**30}g"))
    return words | {("--name", "$NAME")}


def everywhere(plan: Plan) -> dict[str, str | tuple[str, ...] | None]:
    """Return every variable of every process: what a table of variables at the end of an article means."""
    return {
        key: value
        for node in plan.nodes
        for container in node.containers
        for process in container.processes
        for key, value in variables(container, process).items()
    }


def missing(name: str) -> Iterator[tuple[str, str, object, object]]:
    """Yield (role, key, published, compiled) for everything that is not the same."""
    told, plan = scenario(name), plan_of(name)
    for role, published in told["env"].items():
        here = everywhere(plan) if role == "reference_table" else variables(*roles(plan)[role])
        for key, value in published.items():
            if here.get(key) != value:
                yield role, key, value, here.get(key)
    for role, items in told["argv"].items():
        container, process = roles(plan)[role]
        given = docker_words(container, process) if role == "container" else set()
        left = [item for item in items if (item.get("flag"), item.get("value")) not in given]
        yield from missing_words(role, filled_in(left, told.get("placeholders", {})), process)
    steps = [" ".join(step.argv).removeprefix("sh -c ") for step in plan.head.steps]
    for line in told.get("host_steps", ()):
        if line not in steps:
            yield "host_steps", line, line, steps


def filled_in(published: Any, placeholders: dict[str, str]) -> Any:
    """Return published words with what their reader is asked to put in."""
    text = json.dumps(published)
    for placeholder, value in placeholders.items():
        text = text.replace(placeholder, value)
    return json.loads(text)


def missing_words(
    role: str, items: list[dict[str, Any]], process: Process
) -> Iterator[tuple[str, str, object, object]]:
    flags = {setting.key: setting.value for setting in process.arguments}
    for item in items:
        if "program" in item:
            continue
        if "positional" in item:
            if role != "container" and item["positional"] not in [operand.value for operand in process.operands]:
                yield role, item["positional"], item["positional"], process.operands
            continue
        value = item.get("value")
        if value is not None and "<spark1-ip>" in value:
            value = value.replace("<spark1-ip>", "10.0.0.1")
        # vLLM takes underscores for dashes.
        here = flags.get(item["flag"].replace("_", "-"), "absent")
        if "json" in item and isinstance(here, str) and here != "absent":
            # As texts: Python takes true for 1.
            here, value = (json.dumps(config, sort_keys=True) for config in (json.loads(here), item["json"]))
        if here != value:
            yield role, item["flag"], value, here


@pytest.mark.parametrize("name", scenarios())
def test_everything_published_arrives_or_differs_for_a_named_reason(name: str) -> None:
    explained = {(difference.role, difference.key) for difference in DIFFERENCES[name]}
    found = list(missing(name))
    assert [entry for entry in found if (entry[0], entry[1]) not in explained and entry[1] != "--gpus"] == []
    assert explained == {(role, key) for role, key, _, _ in found if key != "--gpus"}, "an explanation explains nothing"


@pytest.mark.parametrize("name", scenarios())
def test_every_named_reason_is_a_rule_or_a_decision(name: str) -> None:
    rules = {rule.name for rule in tools().rules}
    for difference in DIFFERENCES[name]:
        assert difference.by in rules or difference.by.startswith("plan: "), difference


@pytest.mark.parametrize("name", scenarios())
def test_everything_extra_says_why_it_is_there(name: str) -> None:
    plan = plan_of(name)
    for node in plan.nodes:
        for container in node.containers:
            settings = [
                *container.environment,
                *(s for p in container.processes for s in (*p.arguments, *p.environment)),
            ]
            for setting in settings:
                assert len(setting.because.reason) > 10, setting


def test_the_accelerators_of_a_published_container_are_given() -> None:
    gpus = plan_of("qwen36-35b-nvfp4").nodes[0].containers[0].gpus
    assert gpus is not None
    assert gpus.value == "all"


@pytest.mark.parametrize("name", scenarios())
def test_no_error_stands_against_a_published_launch(name: str) -> None:
    assert not compiled(SPECS / f"{scenario(name)['spec']}.yaml").has_errors
