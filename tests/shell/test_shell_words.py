"""The command line of launch.sh, and what stands in its files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from fleet import Fleet

import plans
from sparkc.artifact import Target
from sparkc_targets import load_targets
from sparkc_targets.control.render import PARTS
from sparkc_targets.shell import TARGET
from tools import need_tool

VERBS = ("preflight", "prepare", "up", "verify", "status", "logs", "bench", "down")
PLANS = {"two": plans.two_sparks(), "one": plans.one_spark(), "hostile": plans.hostile()}


def test_help_names_every_verb_and_every_exit_status(fleet: Fleet) -> None:
    ended = fleet.run("--help")
    assert ended.status == 0
    for word in (*VERBS, "130"):
        assert word in ended.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_touches_nothing_for_it(fleet: Fleet, verb: str) -> None:
    ended = fleet.run(verb, "--help")
    assert ended.status == 0
    assert ended.out.startswith(f"Usage: ./launch.sh {verb}")
    assert fleet.calls() == []


def test_help_names_every_variable_that_is_read(fleet: Fleet) -> None:
    text = "".join(path.read_text() for path in (fleet.root / "shell" / "lib").iterdir())
    for name in set(re.findall(r"SPARKC_[A-Z_]+", text)):
        assert f"  {name} " in fleet.run("--help").out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("preflihgt",), "did you mean preflight?"),
        (("stats",), "did you mean status?"),
        (("frobnicate",), "there is no verb frobnicate"),
        (("up", "--restrat"), "did you mean --restart?"),
        (("status", "--node", "spark-3"), "there is no node spark-3; did you mean spark-1?"),
        (("logs", "--tail", "x"), "--tail wants a number of lines"),
        (("logs", "--tail"), "--tail wants a number of lines"),
        (("down", "now"), "down takes no now"),
        (("down", "--node"), "--node wants a name"),
        (("verify", "--offline"), "verify has no option --offline"),
    ],
)
def test_a_wrong_call_is_explained_and_ends_with_2(fleet: Fleet, words: tuple[str, ...], says: str) -> None:
    ended = fleet.run(*words)
    assert ended.status == 2
    assert says in ended.err
    assert fleet.calls() == []


def test_no_verb_at_all_shows_the_help_on_stderr(fleet: Fleet) -> None:
    ended = fleet.run()
    assert (ended.status, ended.out) == (2, "")
    assert "Usage:" in ended.err


def test_a_timing_that_is_no_number_is_a_wrong_call(fleet: Fleet) -> None:
    ended = fleet.run("up", SPARKC_POLL_SECONDS="soon")
    assert ended.status == 2
    assert "SPARKC_POLL_SECONDS is soon" in ended.err


def test_there_is_no_colour_away_from_a_terminal(fleet: Fleet) -> None:
    assert "\x1b" not in fleet.run("preflight").text


@pytest.mark.parametrize("name", PLANS)
def test_every_script_passes_bash_and_shellcheck(tmp_path: Path, name: str) -> None:
    shellcheck = need_tool("shellcheck")
    scripts = []
    for artifact in TARGET.render(PLANS[name]):
        if artifact.path.endswith(".sh") and "/nodes/" not in artifact.path:
            path = tmp_path / artifact.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(artifact.text)
            subprocess.run(["bash", "-n", path], check=True)
            scripts.append(path)
    done = subprocess.run([shellcheck, "-S", "style", *scripts], capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_the_library_is_the_same_for_every_deployment() -> None:
    libraries = [
        {artifact.path: artifact.text for artifact in TARGET.render(plan) if artifact.path.startswith("shell/lib/")}
        for plan in PLANS.values()
    ]
    assert libraries[0] == libraries[1] == libraries[2]
    assert set(libraries[0]) == {f"shell/lib/{part}.sh" for part in PARTS}


def test_nothing_is_evaluated() -> None:
    for artifact in TARGET.render(plans.two_sparks()):
        if artifact.path.startswith(("shell/lib/", "shell/launch")):
            assert not re.search(r"^[^#']*\beval\b", artifact.text, re.MULTILINE)


def test_the_header_names_the_spec_and_the_command_that_rebuilds_it() -> None:
    launch = next(artifact.text for artifact in TARGET.render(plans.two_sparks()) if artifact.path == "shell/launch.sh")
    assert "# Generated from specs/minimax-m27.yaml" in launch
    assert "# Rebuild with: sparkc build specs/minimax-m27.yaml" in launch


def test_two_renderings_are_the_same_and_every_file_ends_with_one_newline() -> None:
    one, other = (list(TARGET.render(plans.hostile())) for _ in range(2))
    assert one == other
    for artifact in one:
        if "/files/" not in artifact.path:
            assert artifact.text.endswith("\n")
            assert not artifact.text.endswith("\n\n"), artifact.path


def test_sha256sum_accepts_the_install_folder_as_it_was_rendered(tmp_path: Path) -> None:
    for artifact in TARGET.render(plans.hostile()):
        path = tmp_path / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(artifact.text.encode())
    for node in ("spark-1", "spark-2"):
        folder = tmp_path / "shell" / "nodes" / node
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=True)


@pytest.mark.parametrize("target", load_targets(), ids=lambda target: target.name)
def test_every_target_has_the_same_control_side(target: Target) -> None:
    """Only the engine that keeps the images, and what lies on the nodes, may differ."""

    def control_side(target: Target) -> dict[str, str]:
        files = {file.path.removeprefix(f"{target.name}/"): file.text for file in target.render(plans.two_sparks())}
        return {path: text for path, text in files.items() if not path.startswith("nodes/") and path != "lib/engine.sh"}

    assert control_side(target) == control_side(TARGET)
