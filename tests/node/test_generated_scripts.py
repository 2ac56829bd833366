"""What every generated script must be, whatever the Plan."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import plans
import sparkc_targets.node
from committed import committed
from sparkc.plan import Plan
from sparkc_targets.node import node_files
from tools import need_tool

PLANS = [
    pytest.param(plans.two_sparks(), id="two Sparks"),
    pytest.param(plans.one_spark(), id="one Spark"),
    pytest.param(committed("llama33-70b", "mp"), id="without Ray"),
    pytest.param(plans.hostile(), id="hostile"),
    pytest.param(committed("minimax-m27-w8a8-a3", "short-context"), id="sixteen NPUs"),
    pytest.param(committed("minimax-m27-w8a8-a3-pd", "corrected"), id="prefill and decode apart"),
    pytest.param(plans.two_sparks(name=plans.NASTY, variant=plans.NASTY), id="hostile names"),
]


def installed(plan: Plan, folder: Path) -> list[Path]:
    scripts = []
    for node in plan.nodes:
        for artifact in node_files(plan, node):
            path = folder / node.name / artifact.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(artifact.text)
            if path.suffix == ".sh":
                scripts.append(path)
    return scripts


@pytest.mark.parametrize("plan", PLANS)
def test_bash_reads_every_script(plan: Plan, tmp_path: Path) -> None:
    for script in installed(plan, tmp_path):
        subprocess.run(["bash", "-n", str(script)], check=True)


@pytest.mark.parametrize("plan", PLANS)
def test_shellcheck_has_nothing_to_say(plan: Plan, tmp_path: Path) -> None:
    shellcheck = need_tool("shellcheck")
    for node in {script.parent for script in installed(plan, tmp_path)}:
        # These two are read as parts of node.sh, which names them.
        scripts = [script.name for script in node.glob("*.sh") if script.name not in ("node-checks.sh", "platform.sh")]
        found = subprocess.run(
            [shellcheck, "--severity=style", "--external-sources", *scripts], cwd=node, capture_output=True, text=True
        )
        assert found.stdout == ""
        assert found.returncode == 0


@pytest.mark.parametrize("plan", PLANS)
def test_scripts_are_formatted_as_shfmt_would(plan: Plan, tmp_path: Path) -> None:
    shfmt = need_tool("shfmt")
    scripts = [str(script) for script in installed(plan, tmp_path)]
    found = subprocess.run([shfmt, "-d", "-i", "2", "-ci", *scripts], capture_output=True, text=True)
    assert found.stdout == ""


@pytest.mark.parametrize("plan", PLANS)
def test_every_file_ends_with_one_newline_and_holds_no_character_one_cannot_see(plan: Plan) -> None:
    for node in plan.nodes:
        for artifact in node_files(plan, node):
            if artifact.path.startswith("files/"):
                continue
            assert artifact.text.endswith("\n"), artifact.path
            assert not artifact.text.endswith("\n\n"), artifact.path
            assert not [char for char in artifact.text if char != "\n" and not char.isprintable()], artifact.path


def test_the_header_names_the_spec_and_the_command_that_rebuilds_it() -> None:
    plan = plans.two_sparks()
    for artifact in node_files(plan, plan.head):
        if artifact.path not in ("node.sh", "node-checks.sh", "platform.sh"):
            head = artifact.text.splitlines()[:5]
            assert any("change specs/minimax-m27.yaml" in line for line in head), artifact.path
            assert "#   sparkc build specs/minimax-m27.yaml" in head, artifact.path


def test_every_reason_of_the_plan_stands_beside_what_it_explains() -> None:
    plan = plans.two_sparks()
    texts = {artifact.path: artifact.text for artifact in node_files(plan, plan.head)}
    start = texts["start-minimax-m27-head.sh"].splitlines()
    run = texts["run-minimax-m27-head.sh"].splitlines()
    assert start[start.index("  --object-store-memory 1073741824") - 1] == (
        "  # rule object-store-uncapped: 30 % of 119 GiB would go to the store"
    )
    assert start[start.index("  --port 8002") - 1] == "  # spec serving.port: port 8002, as clients know it"
    assert run[run.index("  --gpus all") - 1] == "  # pass containers: 1 GPU on each node"


def test_the_static_scripts_are_the_same_for_every_spec() -> None:
    def static(plan: Plan) -> list[str]:
        parts = ("node", "platform")
        return [file.text for node in plan.nodes for file in node_files(plan, node) if file.path.startswith(parts)]

    assert len(set(static(plans.two_sparks()) + static(plans.hostile()))) == 3


def test_every_platform_says_in_its_file_which_it_is() -> None:
    platforms = Path(sparkc_targets.node.__file__).parent / "platforms"
    said = {path.stem: re.findall(r"(?m)^PLATFORM=(.*)$", path.read_text()) for path in platforms.iterdir()}
    assert said == {name: [name] for name in said}
