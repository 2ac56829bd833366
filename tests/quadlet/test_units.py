"""Units have safe names, explain themselves, and say what a user's systemd cannot do."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from unit_text import read_unit, value, values

import plans
from sparkc.plan import Container, Node, Plan
from sparkc.report.explanation import comment_beside, found_on_line
from sparkc_targets.quadlet import TARGET
from sparkc_targets.quadlet.names import target_of, unit_of
from sparkc_targets.quadlet.render import node_files
from tools import need_tool


def named(name: str) -> Container:
    return replace(plans.one_spark().head.containers[0], name=name)


def text_of(plan: Plan, node: Node, path: str) -> str:
    [text] = [artifact.text for artifact in node_files(plan, node) if artifact.path == path]
    return text


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        pytest.param("minimax-m27-head", "sparkc-minimax-m27-head", id="a plain name stays readable"),
        pytest.param("ssh", "sparkc-ssh", id="a vendor's unit is not hidden"),
        pytest.param("qwen3.6_35b", "sparkc-qwen3.6_35b", id="dots and underscores are fine"),
        pytest.param("a@b", r"sparkc-a\x40b", id="a template is something else"),
        pytest.param("a b/c\nd", r"sparkc-a\x20b-c\x0ad", id="neither blank nor slash nor line end"),
    ],
)
def test_a_unit_is_named_after_its_container(name: str, unit: str) -> None:
    assert unit_of(named(name)) == unit


def test_long_names_fit_into_a_file_name_and_stay_different() -> None:
    one, other = (unit_of(named("m" * 300 + end)) for end in "ab")
    assert one != other
    assert max(len(f"{unit}.container.d") for unit in (one, other)) < 255


def test_base_and_variant_have_targets_of_their_own() -> None:
    names = {target_of(plans.two_sparks(variant=variant)) for variant in (None, "published")}
    assert names == {"sparkc-minimax-m27.target", "sparkc-minimax-m27-published.target"}


def test_two_containers_that_would_share_a_unit_are_refused() -> None:
    plan = plans.one_spark()
    node = replace(plan.head, containers=(named("a/b"), named("a-b")))
    with pytest.raises(ValueError, match="two containers of spark-1 would have one unit"):
        list(node_files(replace(plan, nodes=(node,)), node))


def test_a_users_unit_leaves_out_what_needs_root_and_says_so() -> None:
    plan = plans.two_sparks()
    step = plan.head.steps[0]
    node = replace(plan.head, steps=(step, replace(step, name="note", as_root=False, argv=("true", "100%"))))
    text = text_of(plan, node, "units/user/sparkc-minimax-m27-head.container.d/user.conf")
    # An empty assignment takes back what the unit itself says.
    assert values(read_unit(text), "ExecStartPre") == ["", 'true "100%%"']
    assert "steps that need root do not run" in text


def test_the_boot_does_not_wait_for_a_load() -> None:
    plan = plans.two_sparks()
    unit = read_unit(text_of(plan, plan.head, "units/sparkc-minimax-m27.target"))
    assert value(unit, "DefaultDependencies") == "no"
    assert "multi-user.target" in value(unit, "WantedBy").split()


def test_every_line_of_a_unit_is_explained() -> None:
    plan = plans.two_sparks()
    silent = [
        f"{artifact.path}: {line}"
        for artifact in TARGET.render(plan)
        if "/units/" in artifact.path
        for number, line in enumerate(artifact.text.split("\n"), 1)
        if "=" in line and not line.startswith("#") and not line.startswith("Description=")
        if not found_on_line(plan, artifact.path, artifact.text, number) and not comment_beside(artifact.text, number)
    ]
    assert silent == []


def test_a_line_is_explained_by_the_decision_that_it_spells() -> None:
    plan = plans.two_sparks()
    path = "quadlet/nodes/spark-1/units/sparkc-minimax-m27-head.container"
    [text] = [artifact.text for artifact in TARGET.render(plan) if artifact.path == path]
    for line, field in {
        "Ulimit=memlock=-1:-1": "limits",
        "AddDevice=/dev/infiniband": "devices",
        "Restart=on-failure": "restart",
        "ExecStartPre=+sysctl --write vm.drop_caches=3": "steps",
        "Environment=VLLM_HOST_IP=10.0.0.1": "environment",
    }.items():
        [decision] = found_on_line(plan, path, text, text.split("\n").index(line) + 1)
        assert decision.field == field


def test_u0080_is_refused_because_the_generator_breaks_it() -> None:
    plan = plans.one_spark()
    [container] = plan.head.containers
    setting = replace(container.processes[0].environment[0], value="a\x80")
    node = replace(plan.head, containers=(replace(container, environment=(setting,)),))
    with pytest.raises(ValueError, match=r"U\+0080"):
        list(node_files(plan, node))


def test_the_same_bytes_come_out_again() -> None:
    assert list(TARGET.render(plans.hostile())) == list(TARGET.render(plans.hostile()))


def test_the_scripts_pass_shellcheck(tmp_path: Path) -> None:
    plan = plans.hostile()
    for artifact in TARGET.render(plan):
        path = tmp_path / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artifact.text)
    folder = tmp_path / "quadlet/nodes/spark-1"
    done = subprocess.run(
        [need_tool("shellcheck"), "-x", "-S", "style", "platform.sh", "node.sh"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
