"""`prepare` speaks with the Podman that will run the containers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import sparkc_targets.control

ENGINE = Path(sparkc_targets.control.__file__).parent / "engines" / "podman.sh"
RECORD = '#!/bin/bash\nprintf "%s|" "${0##*/}" "$@"\n'
SUDO = '#!/bin/bash\n[[ $1 != -n ]] || shift\n[[ $1 != true ]] || exit 0\nprintf "sudo|"\nexec "$@"\n'


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    put(folder / "podman", RECORD)
    put(folder / "id", "#!/bin/bash\necho 1000\n")
    return folder


def put(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def said(programs: Path, shell: str, script: str) -> str:
    """Run a script; the stand-ins are all the programs there are, so the machine's own sudo does not answer."""
    done = subprocess.run(
        [shell, "-c", script], env={"PATH": str(programs)}, capture_output=True, text=True, check=True
    )
    return done.stdout


def engine(programs: Path, words: str) -> str:
    return said(programs, "/bin/bash", f'source "{ENGINE}"; {words}')


@pytest.mark.parametrize(
    ("name", "pulled"),
    [
        ("vllm/vllm-openai:v0.11.0", "docker.io/vllm/vllm-openai:v0.11.0"),
        ("ubuntu:24.04", "docker.io/library/ubuntu:24.04"),
        ("nvcr.io/nvidia/vllm:26.01-py3", "nvcr.io/nvidia/vllm:26.01-py3"),
        ("localhost/eugr-vllm:latest", "localhost/eugr-vllm:latest"),
        ("rack:5000/vllm", "rack:5000/vllm"),
    ],
)
def test_an_image_is_pulled_from_where_docker_would_pull_it(programs: Path, name: str, pulled: str) -> None:
    assert engine(programs, f"engine pull -- {name}") == f"podman|pull|--|{pulled}|"


def test_nothing_but_a_pull_changes_a_name(programs: Path) -> None:
    assert engine(programs, "engine image inspect -- ubuntu:24.04") == "podman|image|inspect|--|ubuntu:24.04|"


def test_roots_images_are_used_where_root_can_be_had(programs: Path) -> None:
    assert engine(programs, "engine load") == "podman|load|"
    put(programs / "sudo", SUDO)
    assert engine(programs, "engine load") == "sudo|podman|load|"
    assert said(programs, "/bin/sh", engine(programs, "engine_load_line")) == "sudo|podman|load|"
