"""The units: accepted by systemd without a word, and they say what the Plan says."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from unit_text import Assignment, command, read_unit, split_words, value, values

import plans
from committed import committed, launches
from sparkc.plan import Container, Need, Node, Plan, Restart, Step
from sparkc.report.explanation import comment_beside, found_on_line
from sparkc_targets.node.mounts import mount_option, mounts
from sparkc_targets.systemd import TARGET
from sparkc_targets.systemd.node_files import node_files
from tools import need_tool

PLANS = {
    "two Sparks": plans.two_sparks,
    "a variant": lambda: plans.two_sparks(variant="published"),
    "one Spark": plans.one_spark,
    "hostile": plans.hostile,
    "specs/minimax-m27": lambda: committed("minimax-m27"),
    "specs/minimax-m27 published": lambda: committed("minimax-m27", "published"),
    "specs/minimax-m27-awq published": lambda: committed("minimax-m27-awq", "published"),
    "specs/llama33-70b mp": lambda: committed("llama33-70b", "mp"),
    "specs/qwen36-35b-nvfp4": lambda: committed("qwen36-35b-nvfp4"),
    "specs/minimax-m27-w8a8-a3 long-context": lambda: committed("minimax-m27-w8a8-a3", "long-context"),
    "specs/minimax-m27-w8a8-a3-pd corrected": lambda: committed("minimax-m27-w8a8-a3-pd", "corrected"),
}
SYSTEM, USER = PurePosixPath("units"), PurePosixPath("units/user")


@pytest.fixture(params=PLANS)
def plan(request: pytest.FixtureRequest) -> Plan:
    return PLANS[request.param]()


def units(plan: Plan, node: Node, folder: PurePosixPath = SYSTEM) -> dict[str, str]:
    paths = {PurePosixPath(artifact.path): artifact.text for artifact in node_files(plan, node)}
    return {path.name: text for path, text in paths.items() if path.parent == folder}


def service_of(plan: Plan, node: Node, folder: PurePosixPath = SYSTEM) -> list[Assignment]:
    return read_unit(units(plan, node, folder)[f"sparkc-{node.containers[0].name}.service"])


def every_unit(plan: Plan) -> Iterator[tuple[Node, str, str]]:
    for node in plan.nodes:
        for folder in (SYSTEM, USER):
            for name, text in units(plan, node, folder).items():
                yield node, name, text


# --- systemd's own opinion -------------------------------------------------------------------------------------------


def verified(plan: Plan, node: Node, folder: PurePosixPath, there: Path) -> subprocess.CompletedProcess[str]:
    """Let systemd read the units. Programs that need not be on this machine are replaced by one that is."""
    tool = need_tool("systemd-analyze")
    there.mkdir(parents=True)
    for name, text in units(plan, node, folder).items():
        text = re.sub(r"^(Exec\w+=[-+]*)(docker|sudo|sysctl)(?= )", r"\1/bin/true", text, flags=re.MULTILINE)
        (there / name).write_text(text)
    (there / "docker.service").write_text("[Service]\nExecStart=/bin/true\n")
    manager = ["--user"] if folder == USER else ["--system"]
    return subprocess.run(
        [tool, "verify", "--man=no", *manager, *map(str, sorted(there.iterdir()))],
        capture_output=True,
        text=True,
        env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "SYSTEMD_UNIT_PATH": f"{there}:",
            "XDG_RUNTIME_DIR": str(there.parent),
        },
    )


@pytest.mark.parametrize("folder", [SYSTEM, USER], ids=str)
def test_systemd_takes_every_unit_without_a_word(plan: Plan, folder: PurePosixPath, tmp_path: Path) -> None:
    check_that_systemd_takes(plan, folder, tmp_path)


@pytest.mark.parametrize(("spec", "variant"), launches())
def test_systemd_takes_what_people_really_run(spec: str, variant: str | None, tmp_path: Path) -> None:
    check_that_systemd_takes(committed(spec, variant), SYSTEM, tmp_path)


def check_that_systemd_takes(plan: Plan, folder: PurePosixPath, there: Path) -> None:
    for node in plan.nodes:
        # It ends with 0 after "Unknown key … ignoring", so what it writes is what counts.
        result = verified(plan, node, folder, there / node.name)
        assert result.stderr == ""
        assert result.returncode == 0


def test_that_check_would_see_an_unknown_key(tmp_path: Path) -> None:
    plan = plans.one_spark()
    verified(plan, plan.head, SYSTEM, tmp_path / "as it is")
    service = tmp_path / "as it is" / "sparkc-minimax-m27.service"
    service.write_text(service.read_text().replace("TimeoutStartSec=", "TimeoutStarSec="))
    found = subprocess.run(
        [need_tool("systemd-analyze"), "verify", "--man=no", str(service)],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{service.parent}:"},
    )
    assert "TimeoutStarSec" in found.stderr


def test_the_exposure_that_systemd_reports_is_that_of_any_user_of_docker(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    plan = plans.two_sparks()
    verified(plan, plan.head, SYSTEM, tmp_path / "units")
    found = subprocess.run(
        [
            need_tool("systemd-analyze"),
            "security",
            "--offline=true",
            "--no-pager",
            str(tmp_path / "units" / "sparkc-minimax-m27-head.service"),
        ],
        capture_output=True,
        text=True,
    )
    [figure] = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", found.stdout)
    record_property("started", f"systemd-analyze security: exposure {figure} of a generated service")
    # A service as root without any setting has 9.6. What is behind docker's socket no sandbox of the client closes.
    assert float(figure) < 9.6


# --- what the units say ----------------------------------------------------------------------------------------------


def wanted_run(plan: Plan, node: Node, container: Container) -> list[str]:
    """Return the command that the Plan means, put together here by the names of docker's options."""
    words = ["docker", "run", "--name", container.name, "--pull", "never"]
    for key, text in (("deployment", plan.name), ("variant", plan.variant or "")):
        words += ["--label", f"sparkc.{key}={text}"]
    words += ["--network", container.network.value]
    words += ["--ipc", container.ipc.value] if container.ipc else []
    words += ["--shm-size", str(container.shm_size.value)] if container.shm_size else []
    words += ["--gpus", container.gpus.value] if container.gpus else []
    words += ["--privileged"] if container.privileged else []
    for device in container.devices:
        words += ["--device", device.path]
    for capability in container.capabilities:
        words += ["--cap-add", capability.value]
    for limit in container.limits:
        words += ["--ulimit", f"{limit.name}={limit.soft}:{limit.hard}"]
    for setting in container.environment:
        words += ["--env", f"{setting.key}={setting.value}"]
    for mount in mounts(node, container):
        words += ["--mount", mount_option(mount)]
    words += ["--restart", "no", "--stop-timeout", str(container.stop_timeout_s), "--log-driver", "json-file"]
    words += ["--log-opt", f"max-size={container.log_size.value}", "--log-opt", f"max-file={container.log_files.value}"]
    return [*words, "--entrypoint", "/bin/bash", "--", container.image.name, "-p", "/sparkc/start.sh"]


@pytest.mark.parametrize("folder", [SYSTEM, USER], ids=str)
def test_the_command_reads_back_as_the_plan_means_it(plan: Plan, folder: PurePosixPath) -> None:
    for node in plan.nodes:
        if folder == USER and node.user == "root":
            # Root has the machine's own systemd.
            assert units(plan, node, folder) == {}
            continue
        words = command(value(service_of(plan, node, folder), "ExecStart"))
        build = next(index for index, word in enumerate(words) if word.startswith("sparkc.plan="))
        assert [*words[: build - 1], *words[build + 1 :]] == wanted_run(plan, node, node.containers[0])


def test_root_drops_the_cache_before_every_start_and_before_the_container_is_created(plan: Plan) -> None:
    for node in plan.nodes:
        before = values(service_of(plan, node), "ExecStartPre")
        steps = [step for step in node.steps if step.trigger in ("up", "every_start")]
        assert [command(line) for line in before[:-1]] == [list(step.argv) for step in steps]
        assert [line.startswith("+") for line in before] == [*(step.as_root for step in steps), False]
        assert command(before[-1])[-2:] == ["clear", node.containers[0].name]


def test_only_root_owned_words_run_as_root() -> None:
    """A file below the login's home would let whoever has the login become root."""
    for plan in (plans.two_sparks(), plans.hostile()):
        for assignment in service_of(plan, plan.head):
            if assignment.key.startswith("Exec") and re.match(r"[-@:]*[+!]", assignment.value):
                assert plan.head.install_dir not in assignment.value


def test_a_start_counts_once_the_service_answers(plan: Plan) -> None:
    service = service_of(plan, plan.head)
    assert value(service, "Type") == "exec"
    words = command(value(service, "ExecStartPost"))
    container = plan.head.containers[0]
    probed = container.probes[0].fact
    inside = ["timeout", "5", "/bin/bash", "-p", "/sparkc/start.sh", "look", "http_ok", "127.0.0.1"]
    assert words[3:] == [
        *("ready", container.name, "10", "docker", "exec", container.name),
        *inside,
        str(probed.port),
        "/health",
    ]


def test_a_worker_that_nobody_can_ask_counts_once_it_runs() -> None:
    plan = plans.two_sparks()
    assert values(service_of(plan, plan.nodes[1]), "ExecStartPost") == []


def test_a_first_start_and_all_waits_before_it_fit_into_the_time_limit(plan: Plan) -> None:
    for node in plan.nodes:
        waits = [wait.timeout_s for process in node.containers[0].processes for wait in process.waits_for]
        limit = int(value(service_of(plan, node), "TimeoutStartSec"))
        assert limit >= plan.service.first_start_s + sum(waits) > 25 * 60


def test_it_gives_up_after_the_attempts_of_the_plan_however_late_each_fails(plan: Plan) -> None:
    for node in plan.nodes:
        service = service_of(plan, node)
        restart = node.containers[0].restart
        starts = int(value(service, "StartLimitBurst"))
        slowest = int(value(service, "TimeoutStartSec")) + int(value(service, "TimeoutStopSec")) + restart.pause_s
        assert starts == restart.attempts + 1
        assert int(value(service, "StartLimitIntervalSec")) >= starts * slowest
        assert value(service, "Restart") == "on-failure"
        assert value(service, "RestartSec") == str(restart.pause_s)


def test_one_that_shall_not_restart_has_no_limit_and_no_forced_restart() -> None:
    plan = plans.one_spark()
    container = plan.head.containers[0]
    calm = replace(container, restart=Restart(False, 3, 30, plans.spec("restart", "a person looks")))
    node = replace(plan.head, containers=(calm,))
    service = service_of(replace(plan, nodes=(node,)), node)
    assert value(service, "Restart") == "no"
    keys = {assignment.key for assignment in service}
    assert not keys & {"StartLimitBurst", "StartLimitIntervalSec", "RestartForceExitStatus", "RestartSec"}


def test_docker_restarts_nothing_and_removes_nothing_by_itself(plan: Plan) -> None:
    for node in plan.nodes:
        words = command(value(service_of(plan, node), "ExecStart"))
        assert words[words.index("--restart") + 1] == "no"
        options = words[: words.index("--")]
        assert not {"--rm", "--detach", "-d", "--init"} & set(options)


def test_a_stop_has_time_for_the_engine_to_end(plan: Plan) -> None:
    for node in plan.nodes:
        service = service_of(plan, node)
        container = node.containers[0]
        assert command(values(service, "ExecStop")[0]) == ["docker", "stop", container.name]
        assert int(value(service, "TimeoutStopSec")) > container.stop_timeout_s


def test_network_fabric_docker_and_disks_come_first() -> None:
    plan = plans.two_sparks()
    service = service_of(plan, plan.head)
    device = r"sys-subsystem-net-devices-enp1s0f0np0.device"
    assert value(service, "After").split() == ["docker.service", "network-online.target", device]
    assert value(service, "Wants").split() == ["network-online.target", device]
    assert values(service, "Requires") == ["docker.service"]
    assert plans.MODEL_PATH in values(service, "RequiresMountsFor")
    assert plans.INSTALL_DIR in values(service, "RequiresMountsFor")
    assert values(service, "BindsTo") == []


def test_one_machine_waits_for_no_fabric() -> None:
    plan = plans.one_spark()
    assert value(service_of(plan, plan.head), "After").split() == ["docker.service", "network-online.target"]


def test_the_target_pulls_in_every_container_of_the_node_at_boot(plan: Plan) -> None:
    for node in plan.nodes:
        found = units(plan, node)
        [name] = [name for name in found if name.endswith(".target")]
        target = read_unit(found[name])
        services = [f"sparkc-{container.name}.service" for container in node.containers]
        assert value(target, "Wants").split() == services
        assert value(target, "After").split() == services
        assert value(target, "WantedBy") == "multi-user.target"
        for service in services:
            assert value(read_unit(found[service]), "PartOf") == name


def test_the_boot_does_not_wait_for_the_load() -> None:
    # With default dependencies multi-user.target would come after every target that it wants (systemd.target(5)).
    plan = plans.one_spark()
    assert value(read_unit(units(plan, plan.head)["sparkc-minimax-m27.target"]), "DefaultDependencies") == "no"


def test_a_variant_has_units_of_its_own() -> None:
    plan = plans.two_sparks(variant="published")
    assert "sparkc-minimax-m27-published.target" in units(plan, plan.head)


# --- for one user ----------------------------------------------------------------------------------------------------


def test_a_users_units_name_nothing_that_only_the_machines_manager_knows() -> None:
    plan = plans.two_sparks()
    for text in units(plan, plan.head, USER).values():
        for assignment in read_unit(text):
            assert assignment.key not in ("User", "SupplementaryGroups", "Requires", "RequiresMountsFor")
            assert not assignment.value.startswith("+")
            assert "docker.service" not in assignment.value
            assert assignment.value != "multi-user.target"


def test_a_user_takes_roots_steps_with_sudo() -> None:
    plan = plans.two_sparks()
    first = values(service_of(plan, plan.head, USER), "ExecStartPre")[0]
    assert command(first) == ["sudo", "-n", "--", "sysctl", "--write", "vm.drop_caches=3"]


@pytest.mark.parametrize(
    ("changes", "has_them"),
    [
        pytest.param({"sudo": "passwordless"}, True, id="sudo asks for nothing"),
        pytest.param({"sudo": "password"}, False, id="nobody is there to type it"),
        pytest.param({"sudo": "none"}, False, id="no way to root"),
        pytest.param({"sudo": "none", "steps": ()}, True, id="no step needs root"),
        pytest.param({"sudo": "root", "user": "root"}, False, id="root has the machine's"),
    ],
)
def test_there_are_units_for_a_user_only_where_every_step_can_run(changes: dict[str, object], has_them: bool) -> None:
    node = replace(plans.one_spark().head, **changes)
    assert bool(units(plans.one_spark(), node, USER)) is has_them


# --- all files -------------------------------------------------------------------------------------------------------


def test_every_unit_ends_with_one_newline_and_holds_no_character_one_cannot_see(plan: Plan) -> None:
    for _, name, text in every_unit(plan):
        assert text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
        assert not [char for char in text if char != "\n" and not char.isprintable()], name


def test_every_reason_stands_on_a_line_of_its_own_above_what_it_explains() -> None:
    plan = plans.two_sparks()
    lines = units(plan, plan.head)["sparkc-minimax-m27-head.service"].splitlines()
    assert lines[lines.index("  --gpus all \\") - 1] == "  # pass containers: 1 GPU on each node"
    assert lines[lines.index("RestartSec=30") - 1].startswith("# ")
    assert not [line for line in lines if " # " in line and not line.lstrip().startswith("#")]


def test_a_steps_words_survive() -> None:
    because = plans.spec("steps", "a test")
    for trigger, key in (("every_start", "ExecStartPre"), ("up", "ExecStartPre"), ("stop", "ExecStop")):
        step = Step("say", trigger, False, ("printf", "%s", *plans.HOSTILE), "says", because)
        node = replace(plans.one_spark().head, steps=(step,))
        found = values(service_of(plans.one_spark(), node), key)
        assert list(step.argv) in [command(line) for line in found]


def test_it_can_express_every_need() -> None:
    assert TARGET.capabilities == frozenset(Need)


def test_names_of_units_are_names_to_systemd() -> None:
    plan = plans.two_sparks(name=plans.NASTY, variant=plans.NASTY)
    [name] = [name for name in units(plan, plan.head) if name.endswith(".target")]
    assert re.fullmatch(r"[A-Za-z0-9:_.\\-]+", name)


def test_lists_of_paths_read_back() -> None:
    plan = plans.hostile()
    for line in values(service_of(plan, plan.head), "RequiresMountsFor"):
        [path] = split_words(line)
        assert path.startswith("/")


def test_shellcheck_and_shfmt_have_nothing_to_say_about_its_scripts(tmp_path: Path) -> None:
    plan = plans.two_sparks()
    for artifact in node_files(plan, plan.head):
        path = tmp_path / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artifact.text)
    for words in (
        [need_tool("shellcheck"), "--severity=style", "--external-sources", "node.sh", "unit.sh"],
        [need_tool("shfmt"), "-d", "-i", "2", "-ci", "platform.sh", "docker.sh", "unit.sh"],
    ):
        found = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
        assert found.stdout == ""
        assert found.returncode == 0


# --- explained -------------------------------------------------------------------------------------------------------


def explained(plan: Plan, unit: str, line: str) -> list[str]:
    """Return what `sparkc explain` finds on a line of the head's unit."""
    text = units(plan, plan.head)[unit]
    number = text.split("\n").index(line) + 1
    return [decision.name for decision in found_on_line(plan, f"systemd/nodes/x/units/{unit}", text, number)]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        pytest.param("ExecStartPre=+sysctl --write vm.drop_caches=3", "drop-page-cache", id="a step"),
        pytest.param("  --network host \\", "network", id="a part of a long command"),
        pytest.param("  # pass containers: 1 GPU on each node", "gpus", id="the reason of a part"),
        pytest.param("  --env VLLM_HOST_IP=10.0.0.1 \\", "VLLM_HOST_IP", id="a variable"),
        pytest.param("Restart=on-failure", "restart", id="a setting of the unit"),
        pytest.param(f"RequiresMountsFor={plans.MODEL_PATH}", plans.MODEL_PATH, id="a path"),
    ],
)
def test_a_line_is_explained_by_the_one_decision_that_it_spells(line: str, name: str) -> None:
    assert explained(plans.two_sparks(), "sparkc-minimax-m27-head.service", line) == [name]


def test_every_other_line_explains_itself() -> None:
    plan = plans.two_sparks()
    silent = []
    for unit, text in units(plan, plan.head).items():
        for number, line in enumerate(text.splitlines(), 1):
            if not found_on_line(plan, f"systemd/{unit}", text, number) and not comment_beside(text, number):
                silent.append(line.split("=")[0].split()[0] if line else "")
    assert set(silent) <= {"[Unit]", "[Service]", "[Install]", "Description", "--name", "--label", "-p", ""}
