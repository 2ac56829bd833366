"""What compose.yaml says: accepted by the schema and by Compose itself, and read back exactly as it was meant."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import plans
from committed import committed, launches
from sparkc.plan import Limit, Option, Plan, Probe, Restart, Setting
from sparkc.report.explanation import found_on_line, lines_of_value
from sparkc_targets.compose import TARGET
from sparkc_targets.compose import compose_files as compose_node
from sparkc_targets.compose.names import project_name
from sparkc_targets.compose.project import project
from sparkc_targets.yamlfile import Noted, dump, values_of
from tools import need_tool


def with_container(plan: Plan, **changes: Any) -> Plan:
    """Replace fields of the head's container."""
    node = plan.head
    node = replace(node, containers=(replace(node.containers[0], **changes), *node.containers[1:]))
    return replace(plan, nodes=(node, *plan.nodes[1:]))


def _private_shm(plan: Plan) -> Plan:
    size = Setting("shm_size", str(8 * plans.GIB), plans.spec("container.shm_size", "8 GiB"))
    return with_container(plan, ipc=None, shm_size=size)


PLANS = [
    pytest.param(plans.two_sparks(), id="two Sparks"),
    pytest.param(plans.one_spark(), id="one Spark"),
    pytest.param(plans.hostile(), id="hostile"),
    pytest.param(_private_shm(plans.two_sparks()), id="private shared memory"),
    pytest.param(committed("minimax-m27-w8a8-a3", "short-context"), id="sixteen NPUs"),
    pytest.param(committed("minimax-m27-w8a8-a3-pd", "corrected"), id="prefill and decode apart"),
]


def compose_files(plan: Plan) -> Iterator[tuple[str, str]]:
    for artifact in TARGET.render(plan):
        if artifact.path.endswith("/compose.yaml"):
            yield artifact.path.split("/")[-2], artifact.text


def services(plan: Plan) -> dict[str, Any]:
    """Return the services of the first node as Compose reads them."""
    return yaml.safe_load(next(compose_files(plan))[1])["services"]


def config(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Let Compose read the file and print what it understood."""
    compose = need_tool("docker-compose")
    (folder / "compose.yaml").write_text(text)
    return subprocess.run(
        [compose, "--project-directory", str(folder), "config", "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )


@pytest.fixture(scope="session")
def schema() -> Any:
    return json.loads(
        resources.files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text()
    )


@pytest.mark.parametrize("plan", PLANS)
def test_the_schema_of_compose_accepts_every_file(plan: Plan, schema: Any) -> None:
    for _, text in compose_files(plan):
        jsonschema.validate(yaml.safe_load(text), schema)


def test_the_schema_would_refuse_a_wrong_value(schema: Any) -> None:
    wrong = yaml.safe_load(next(compose_files(plans.two_sparks()))[1])
    wrong["services"]["minimax-m27-head"]["restart"] = True
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


@pytest.mark.parametrize("plan", PLANS)
def test_compose_accepts_every_file_and_says_nothing(plan: Plan, tmp_path: Path) -> None:
    for _, text in compose_files(plan):
        read = config(text, tmp_path)
        assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize("plan", PLANS)
def test_the_file_read_back_gives_exactly_the_values(plan: Plan) -> None:
    texts = dict(compose_files(plan))
    for node in plan.nodes:
        assert yaml.safe_load(texts[node.name]) == values_of(project(plan, node))


@pytest.mark.parametrize(("spec", "variant"), launches())
def test_what_people_really_run_passes_schema_and_compose(
    spec: str, variant: str | None, schema: Any, tmp_path: Path
) -> None:
    for _, text in compose_files(committed(spec, variant)):
        jsonschema.validate(yaml.safe_load(text), schema)
        read = config(text, tmp_path)
        assert (read.returncode, read.stderr) == (0, "")


def test_hostile_texts_are_what_compose_understands(tmp_path: Path) -> None:
    plan = plans.hostile()
    read = json.loads(config(next(compose_files(plan))[1], tmp_path).stdout)
    service = read["services"]["minimax-m27-head"]
    # `config` prints a file that could be read again, so its dollar signs are doubled.
    environment = {key: value.replace("$$", "$") for key, value in service["environment"].items()}
    assert environment == {f"SHARED_{n}": text for n, text in enumerate(plans.HOSTILE)}
    mounts = {(volume["source"], volume["target"]) for volume in service["volumes"]}
    for mount in plan.head.containers[0].mounts:
        assert (mount.host.replace("$", "$$"), mount.to.replace("$", "$$")) in mounts


def test_every_value_of_the_plan_has_its_place() -> None:
    service = services(plans.two_sparks())["minimax-m27-head"]
    assert service["image"] == "sha256:" + "9f1c" * 16
    assert service["pull_policy"] == "never"
    assert service["entrypoint"] == ["/bin/bash", "-p", "/sparkc/start.sh"]
    assert service["network_mode"] == service["ipc"] == "host"
    assert service["devices"] == ["/dev/infiniband"]
    assert service["cap_add"] == ["IPC_LOCK"]
    assert service["ulimits"] == {"memlock": {"soft": -1, "hard": -1}}
    assert service["deploy"]["resources"]["reservations"]["devices"] == [
        {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    ]
    assert service["environment"] == {"VLLM_HOST_IP": "10.0.0.1", "NCCL_SOCKET_IFNAME": "enp1s0f0np0"}
    assert service["restart"] == "on-failure:3"
    assert service["stop_grace_period"] == "120s"
    assert service["logging"] == {"driver": "json-file", "options": {"max-size": "20m", "max-file": "3"}}
    assert service["labels"]["sparkc.deployment"] == "minimax-m27"


def test_secrets_come_by_file_and_no_value_stands_in_the_project() -> None:
    service = services(plans.two_sparks())["minimax-m27-head"]
    assert "HF_TOKEN" not in service["environment"]
    assert {
        "type": "bind",
        "source": f"{plans.INSTALL_DIR}/secrets/hf_token",
        "target": "/run/secrets/hf_token",
        "read_only": True,
        "bind": {"create_host_path": False},
    } in service["volumes"]


def test_the_health_check_asks_as_the_start_script_does_and_allows_for_a_first_start() -> None:
    container = plans.two_sparks().head.containers[0]
    (readiness,) = container.probes
    startup = Probe("startup", readiness.fact, 10, 5, 180, readiness.because)
    liveness = Probe("liveness", readiness.fact, 30, 5, 5, readiness.because)
    service = services(with_container(plans.two_sparks(), probes=(startup, liveness, readiness)))["minimax-m27-head"]
    assert service["healthcheck"] == {
        "test": ["CMD", "/bin/bash", "-p", "/sparkc/start.sh", "look", "http_ok", "127.0.0.1", "8002", "/health"],
        "interval": "10s",
        "timeout": "5s",
        "retries": 3,
        "start_period": "1800s",
    }


def test_a_container_without_a_probe_has_no_health_check() -> None:
    assert "healthcheck" not in services(with_container(plans.two_sparks(), probes=()))["minimax-m27-head"]


def test_shared_memory_is_the_hosts_or_has_a_size_and_never_both() -> None:
    service = services(_private_shm(plans.two_sparks()))["minimax-m27-head"]
    assert "ipc" not in service
    assert service["shm_size"] == str(8 * plans.GIB)
    assert "shm_size" not in services(plans.two_sparks())["minimax-m27-head"]


@pytest.mark.parametrize(
    ("gpus", "request_"),
    [
        ("all", {"count": "all"}),
        ("2", {"count": 2}),
        ("device=0,3", {"device_ids": ["0", "3"]}),
    ],
)
def test_gpus_are_asked_for_as_docker_run_does(gpus: str, request_: dict[str, Any]) -> None:
    plan = with_container(plans.two_sparks(), gpus=Option(gpus, plans.derived("containers", "a test")))
    (found,) = services(plan)["minimax-m27-head"]["deploy"]["resources"]["reservations"]["devices"]
    assert found == {"driver": "nvidia", "capabilities": ["gpu"], **request_}


def test_what_must_not_be_started_anew_says_so() -> None:
    never = Restart(False, 0, 0, plans.spec("restart", "a person looks"))
    assert services(with_container(plans.two_sparks(), restart=never))["minimax-m27-head"]["restart"] == "no"


def test_a_limit_has_a_soft_and_a_hard_value() -> None:
    limit = Limit("nofile", 1024, 65536, plans.spec("container", "a test"))
    service = services(with_container(plans.two_sparks(), limits=(limit,)))["minimax-m27-head"]
    assert service["ulimits"] == {"nofile": {"soft": 1024, "hard": 65536}}


def test_no_service_waits_for_one_on_another_node() -> None:
    for _, text in compose_files(plans.two_sparks()):
        assert all("depends_on" not in service for service in yaml.safe_load(text)["services"].values())


@pytest.mark.parametrize("plan", PLANS)
def test_shellcheck_and_shfmt_have_nothing_to_say_about_the_install_folders(plan: Plan, tmp_path: Path) -> None:
    for node in plan.nodes:
        folder = tmp_path / node.name
        for artifact in compose_node(plan, node):
            path = folder / artifact.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(artifact.text.encode())
        # node.sh names the scripts that are its parts.
        whole = [script.name for script in folder.glob("*.sh") if script.name.startswith(("node.sh", "start-"))]
        for command in (
            ["shellcheck", "--severity=style", "--external-sources", *whole],
            ["shfmt", "-d", "-i", "2", "-ci", *(script.name for script in folder.glob("*.sh"))],
        ):
            found = subprocess.run(
                [need_tool(command[0]), *command[1:]], cwd=folder, capture_output=True, text=True, check=False
            )
            assert (found.returncode, found.stdout) == (0, "")


# --- names -----------------------------------------------------------------------------------------------------------


def test_a_name_that_compose_accepts_is_kept() -> None:
    plan = plans.two_sparks(variant="published")
    assert project_name(plan, plan.head) == "minimax-m27-published-spark-1"


@pytest.mark.parametrize("name", ["Minimax_M2.7", "-x", "火", "", "a b", plans.NASTY, "x" * 300])
def test_any_other_name_becomes_one_that_compose_accepts(name: str, tmp_path: Path) -> None:
    read = config(next(compose_files(plans.two_sparks(name=name)))[1], tmp_path)
    assert read.returncode == 0, read.stderr


def test_two_names_never_become_one_project() -> None:
    names = ["m2.7", "m2-7", "M2-7", "m2 7", "m2_7", "-m2-7"]
    projects = {project_name(plan, plan.head) for plan in (plans.two_sparks(name=name) for name in names)}
    assert len(projects) == len(names)


def test_two_nodes_on_one_engine_are_two_projects() -> None:
    plan = plans.two_sparks()
    assert project_name(plan, plan.nodes[0]) != project_name(plan, plan.nodes[1])


# --- sparkc explain --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("    ipc: host", ["ipc"]),
        ("        hard: -1", ["memlock"]),
        ("          driver: nvidia", ["gpus"]),
        ("        target: /run/secrets/hf_token", ["HF_TOKEN"]),
        ("      retries: 3", ["readiness"]),
        ('        max-file: "3"', ["max-file"]),
    ],
)
def test_a_line_is_explained_by_the_value_that_it_is_a_part_of(line: str, names: list[str]) -> None:
    plan = plans.two_sparks()
    text = next(compose_files(plan))[1]
    path = "compose/nodes/spark-1/compose.yaml"
    number = next(n for n, found in enumerate(text.splitlines(), 1) if found.replace("- ", "  ").endswith(line))
    found = (found_on_line(plan, path, text, above) for above in lines_of_value(path, text, number))
    assert set(names) <= {decision.name for decision in next(filter(None, found))}


# --- the writer of YAML ----------------------------------------------------------------------------------------------


def test_a_reason_stands_above_its_value_and_no_reason_changes_a_value() -> None:
    tree = {
        "list": [Noted("word", "first"), {"deep": Noted({"deeper": Noted(1, "one")}, "a map")}],
        "text": Noted("line\nline", 'hostile\n"x": [\n# \u2028'),
    }
    text = dump(tree)
    assert yaml.safe_load(text) == {"list": ["word", {"deep": {"deeper": 1}}], "text": "line\nline"}
    assert text.splitlines() == [
        "list:",
        "  # first",
        "  - word",
        "  # a map",
        "  - deep:",
        "      # one",
        "      deeper: 1",
        '# hostile "x": [ #',
        'text: "line\\nline"',
    ]


@pytest.mark.parametrize(
    "text", ["yes", "no", "on", "y", "null", "~", "1e3", "0o17", "0x1F", "12:30:45", ".inf", "1_000", "", " x", "a: b"]
)
def test_a_text_stays_a_text_whatever_it_looks_like(text: str, tmp_path: Path) -> None:
    assert yaml.safe_load(dump({"key": text})) == {"key": text}
    project = {"services": {"s": {"image": "x", "environment": {"KEY": text}}}}
    read = json.loads(config(dump(project), tmp_path).stdout)
    assert read["services"]["s"]["environment"]["KEY"] == text
