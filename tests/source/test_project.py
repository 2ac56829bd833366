"""`sparkc.toml`: found from anywhere below it, and read with all its mistakes at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkc.findings import SparkcError
from sparkc.source.project import Plugins, Project, find_project


def project(root: Path, text: str) -> Project:
    (root / "sparkc.toml").write_text(text)
    return find_project(root)


def test_nearest_file_above_wins(tmp_path: Path) -> None:
    inner = tmp_path / "a/b"
    (inner / "specs").mkdir(parents=True)
    (tmp_path / "sparkc.toml").write_text('output = "outer"\n')
    (inner / "sparkc.toml").write_text('output = "inner"\n')
    (inner / "specs/x.yaml").touch()
    assert find_project(inner / "specs/x.yaml") == Project(inner, output="inner")
    assert find_project(inner / "specs") == Project(inner, output="inner")
    assert find_project(tmp_path / "a") == Project(tmp_path, output="outer")


def test_folder_without_a_file_is_a_project_with_defaults(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").touch()
    for start in (tmp_path, tmp_path / "x.yaml"):
        assert find_project(start) == Project(tmp_path, ("specs",), "generated", Plugins())


def test_every_setting_is_read(tmp_path: Path) -> None:
    text = 'specs = ["specs", "lab/specs"]\noutput = "out/x"\n[plugins]\nrules = ["ours"]\ntargets = ["slurm"]\n'
    assert project(tmp_path, text) == Project(tmp_path, ("specs", "lab/specs"), "out/x", Plugins(("ours",), ("slurm",)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('ouptut = "x"', ("`ouptut`", "did you mean `output`?")),
        ("[plugin]", ("`plugin`", "did you mean `plugins`?")),
        ('[plugins]\nrule = ["x"]', ("`plugins.rule`", "did you mean `rules`?")),
        ("zebra = 1", ("`zebra`", "known are specs, output, plugins")),
        ('specs = "specs"', ("`specs`", "found text", "wanted a list of texts")),
        ("specs = [1]", ("`specs`", "wanted a list of texts")),
        ('specs = [""]', ("`specs`", "empty text")),
        ('specs = ["../elsewhere"]', ("`specs`", "`../elsewhere`")),
        ("output = true", ("`output`", "a boolean")),
        ("output = 2026-11-20", ("`output`", "a date or time")),
        ('output = ""', ("`output`",)),
        ('output = "."', ("`output`", "`.`")),
        ('output = "specs/"', ("`output`", "`specs/`")),
        ('output = "a/../../b"', ("`output`",)),
        ('output = "/srv"', ("`output`", "`/srv`")),
        ("output = 'C:\\x'", ("`output`",)),
        ('output = "a\\u0000"', ("`output`",)),
        ("plugins = 1", ("`plugins`", "wanted a table")),
        ("[plugins]\ntargets = 1", ("`plugins.targets`",)),
    ],
)
def test_wrong_setting_is_named_and_replaced_by_its_default(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    found = project(tmp_path, text)
    (finding,) = found.findings
    assert finding.stops_the_build
    assert "sparkc.toml" in finding.message
    for word in words:
        assert word in f"{finding.message} {finding.help}"
    assert (found.specs, found.output, found.plugins) == (("specs",), "generated", Plugins())


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    assert len(project(tmp_path, "specs = 1\noutput = 2\nx = 3\n[plugins]\nrules = 4\n").findings) == 4


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"specs = \n", "line 1, column 9", id="syntax"),
        pytest.param(b"a = 1\na = 2\n", "line 2", id="a key twice"),
        pytest.param(b"a = \xff", "UTF-8", id="Latin-1"),
        pytest.param(b"a = " + b"[" * 100_000, "nested", id="deep"),
        pytest.param(b"a = " + b"9" * 5000, "not TOML", id="long number"),
        pytest.param(b"#" * (2**20 + 1), "bytes", id="large"),
    ],
)
def test_file_that_is_no_toml_is_refused_in_one_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "sparkc.toml").write_bytes(data)
    with pytest.raises(SparkcError, match=words) as refusal:
        find_project(tmp_path)
    assert "\n" not in str(refusal.value)
    assert "sparkc.toml" in str(refusal.value)
    assert refusal.value.status == 2
