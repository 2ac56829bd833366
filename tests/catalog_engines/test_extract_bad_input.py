from __future__ import annotations

from pathlib import Path

import pytest
from trees import installed, vllm_files, wheel

from calling import sparkc
from sparkc.extract.release import catalog_text
from sparkc.findings import SparkcError


def truncated(folder: Path) -> Path:
    path = wheel(folder, "vllm", "0.30.0", vllm_files("0.30"))
    path.write_bytes(path.read_bytes()[:-200])
    return path


def damaged_inside(folder: Path) -> Path:
    path = wheel(folder, "vllm", "0.30.0", {**vllm_files("0.30"), "vllm/pad.py": "# " + "x" * 50})
    content = path.read_bytes()
    place = content.index(b"environment_variables")
    path.write_bytes(content[:place] + b"#" * 21 + content[place + 21 :])
    return path


def without(folder: Path, path: str) -> Path:
    files = vllm_files("0.30")
    del files[path]
    return installed(folder, "vllm", "0.30.0", files)


def changed(folder: Path, path: str, text: str) -> Path:
    return installed(folder, "vllm", "0.30.0", {**vllm_files("0.30"), path: text})


CASES = (
    pytest.param(lambda folder: folder / "nothing.whl", "does not exist", id="no such file"),
    pytest.param(truncated, "cannot be read as a wheel", id="a download that broke off"),
    pytest.param(damaged_inside, "cannot be read as a wheel", id="a flipped byte inside"),
    pytest.param(
        lambda folder: wheel(folder, "requests", "2.0", {"requests/a.py": ""}), "wanted one of", id="another project"
    ),
    pytest.param(lambda folder: folder, "no <name>.dist-info", id="a directory without packages"),
    pytest.param(
        lambda folder: without(folder, "vllm/entrypoints/launchers/cli_args.py"),
        "no make_arg_parser",
        id="the command line lies somewhere new",
    ),
    pytest.param(
        lambda folder: changed(folder, "vllm/envs.py", "TABLE = {}"),
        "environment_variables",
        id="the table has a new name",
    ),
    pytest.param(
        lambda folder: changed(folder, "vllm/envs.py", "def (:"), "not Python", id="Python that does not parse"
    ),
    pytest.param(
        lambda folder: changed(
            folder,
            "vllm/entrypoints/launchers/cli_args.py",
            "def make_arg_parser(parser):\n    while True:\n        pass\n",
        ),
        "does not follow",
        id="code of a kind that is not followed",
    ),
)


@pytest.mark.parametrize(("make", "sentence"), CASES)
def test_bad_input_is_one_sentence_and_leaves_no_file(tmp_path: Path, make, sentence: str) -> None:
    release = make(tmp_path)
    called = sparkc("catalog", "extract", str(release), "-o", "catalog.json", cwd=tmp_path)
    assert called.status == 2
    assert sentence in called.err
    assert called.err.count("\n") == 1
    assert list(tmp_path.glob("*catalog.json*")) == []


def test_an_older_catalog_survives_a_refused_release(tmp_path: Path) -> None:
    output = tmp_path / "catalog.json"
    output.write_text("what was there")
    assert sparkc("catalog", "extract", str(truncated(tmp_path)), "-o", "catalog.json", cwd=tmp_path).status == 2
    assert output.read_text() == "what was there"


def test_the_same_release_gives_the_same_bytes(tmp_path: Path) -> None:
    release = installed(tmp_path, "vllm", "0.30.0", vllm_files("0.30"))
    assert catalog_text(release) == catalog_text(release)


def test_an_unknown_package_raises_for_callers(tmp_path: Path) -> None:
    with pytest.raises(SparkcError, match=r"requests 2\.0"):
        catalog_text(wheel(tmp_path, "requests", "2.0", {"requests/a.py": ""}))


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    release = installed(tmp_path / "site", "vllm", "0.30.0", vllm_files("0.30"))
    called = sparkc("catalog", "extract", str(release), "-o", "no/such/folder.json", cwd=tmp_path)
    assert (called.status, called.err.count("\n")) == (2, 1)
    assert "cannot be written" in called.err
