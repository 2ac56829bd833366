"""Same inputs, same bytes: another locale, time zone, hash seed, working folder and day change nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from calling import REPOSITORY, files_below, project, sparkc

SURROUNDINGS = [
    pytest.param({"PYTHONHASHSEED": "0"}, id="one hash seed"),
    pytest.param({"PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati"}, id="another hash seed and time zone"),
    pytest.param({"LC_ALL": "C", "PYTHONUTF8": "0"}, id="the C locale"),
    pytest.param({"LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8"}, id="a locale with other letters"),
]


@pytest.mark.parametrize("env", SURROUNDINGS)
def test_generated_files_do_not_depend_on_the_surroundings(env: dict[str, str], tmp_path: Path) -> None:
    project(tmp_path)
    shutil.copytree(REPOSITORY / "specs", tmp_path / "specs", dirs_exist_ok=True)
    called = sparkc("build", cwd=tmp_path, env=env)
    assert called.status == 0, called.text
    assert files_below(tmp_path / "generated") == files_below(REPOSITORY / "generated")


def test_no_generated_file_names_the_machine_that_built_it() -> None:
    for path, content in files_below(REPOSITORY / "generated").items():
        assert str(REPOSITORY).encode() not in content, path


def test_every_generated_file_ends_with_one_newline() -> None:
    for path, content in files_below(REPOSITORY / "generated").items():
        assert content.endswith(b"\n"), path
        assert not content.endswith(b"\n\n"), path
