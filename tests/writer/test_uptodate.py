"""`recall` answers only when nothing that the answer hung on has changed."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path

import pytest
from processes import run_without_power
from writer_examples import OLD

import sparkc
import sparkc.writer
from sparkc.writer.uptodate import code_stamp, recall, remember
from sparkc.writer.writing import write

TODAY = datetime.date(2026, 11, 20)
QUESTION = ("build", "--check")


@pytest.fixture
def project(tmp_path):
    """A project with one spec, built."""
    make_project(tmp_path)
    return tmp_path


def make_project(folder: Path) -> None:
    (folder / "specs").mkdir()
    (folder / "specs/pair.yaml").write_text("name: pair\n")
    (folder / "code").mkdir()
    (folder / "code/rule.py").write_text("x = 1\n")
    write(folder / "generated", OLD, force=False)


def note(project: Path, *, answer: str = "fine\n", through: datetime.date | None = None, today=TODAY) -> None:
    remember(
        project,
        QUESTION,
        answer,
        code=code_stamp([project / "code"]),
        inputs={"specs/pair.yaml": b"name: pair\n", "sparkc.toml": None},
        folders={"specs": ["pair.yaml"], "generated": ["pair"]},
        trees={"generated/pair": OLD},
        today=today,
        good_through=through,
    )


def ask(project: Path, question=QUESTION, today=TODAY) -> str | None:
    return recall(project, question, code=code_stamp([project / "code"]), today=today)


def test_nothing_changed_gives_the_answer_again(project):
    note(project, answer="specs/pair.yaml: warning ü\n")
    assert ask(project) == "specs/pair.yaml: warning ü\n"


def test_nothing_is_known_at_first(project):
    assert ask(project) is None


def test_answer_survives_that_files_are_touched(project):
    note(project)
    for path in (project / "specs/pair.yaml", project / "generated/pair/README.md"):
        path.write_bytes(path.read_bytes())
    assert ask(project) == "fine\n"


def test_foreign_files_in_a_tree_change_nothing(project):
    note(project)
    (project / "generated/pair/notes.txt").write_text("mine\n")
    assert ask(project) == "fine\n"


def swap_for_link(path: Path) -> None:
    """Put a link to the same content in the place of a file or folder."""
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda p: (p / "specs/pair.yaml").write_text("name: pear\n"), id="a spec, same length"),
        pytest.param(lambda p: (p / "specs/pair.yaml").unlink(), id="a spec removed"),
        pytest.param(lambda p: (p / "specs/new.yaml").write_text(""), id="a spec added"),
        pytest.param(lambda p: (p / "sparkc.toml").write_text(""), id="a configuration that was not there"),
        pytest.param(lambda p: (p / "code/rule.py").write_text("x = 12\n"), id="the compiler"),
        pytest.param(lambda p: (p / "code/new.py").write_text(""), id="a rule added to the compiler"),
        pytest.param(lambda p: (p / "generated/pair/README.md").write_text("odd\n"), id="a hand edit, same length"),
        pytest.param(lambda p: (p / "generated/pair/README.md").unlink(), id="a generated file removed"),
        pytest.param(lambda p: (p / "generated/pair/shell/up.sh").chmod(0o644), id="the executable bit"),
        pytest.param(lambda p: (p / "generated/pair/MANIFEST.json").write_text("{}\n"), id="the manifest"),
        pytest.param(lambda p: (p / "generated/orphan").mkdir(), id="another tree in the output folder"),
        pytest.param(lambda p: swap_for_link(p / "generated/pair/README.md"), id="a file swapped for a link"),
        pytest.param(lambda p: swap_for_link(p / "generated/pair/shell"), id="a folder swapped for a link"),
        pytest.param(
            lambda p: ((p / "specs/pair.yaml").unlink(), (p / "specs/pair.yaml").mkdir()), id="a folder for a spec"
        ),
    ],
)
def test_any_change_is_a_doubt(project, change):
    note(project)
    assert ask(project) == "fine\n"
    change(project)
    assert ask(project) is None


def test_tree_swapped_for_a_link_is_a_doubt(project):
    note(project)
    (project / "generated/pair").rename(project / "elsewhere")
    (project / "generated/pair").symlink_to(project / "elsewhere")
    assert ask(project) is None


def test_source_saved_while_we_compiled_is_a_doubt(project):
    (project / "specs/pair.yaml").write_text("name: saved after it was read\n")
    note(project)
    assert ask(project) is None


def test_generated_file_edited_while_we_compiled_is_a_doubt(project):
    (project / "generated/pair/README.md").write_text("edited after it was compared\n")
    note(project)
    assert ask(project) is None


def test_package_installed_since_is_a_doubt(project, monkeypatch):
    packages = project / "site-packages"
    packages.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(project), str(packages)])
    note(project)
    assert ask(project) == "fine\n"
    (packages / "jinja2-9.dist-info").mkdir()
    assert ask(project) is None


def test_another_question_is_another_answer(project):
    note(project)
    assert ask(project, question=("build", "--check", "specs/pair.yaml")) is None


@pytest.mark.parametrize(
    ("through", "today", "answer"),
    [
        pytest.param(None, datetime.date(2046, 1, 1), "fine\n", id="no allowance ever expires"),
        pytest.param(datetime.date(2026, 12, 31), datetime.date(2026, 12, 31), "fine\n", id="the last good day"),
        pytest.param(datetime.date(2026, 12, 31), datetime.date(2027, 1, 1), None, id="an allowance has expired"),
        pytest.param(None, datetime.date(2026, 11, 19), None, id="the clock was set back"),
    ],
)
def test_clock_can_end_an_answer(project, through, today, answer):
    note(project, through=through)
    assert ask(project, today=today) == answer


def test_note_damaged_at_any_byte_is_a_doubt(project):
    note(project)
    (path,) = (project / ".sparkc-cache").glob("*.json")
    whole = path.read_bytes()
    stamp = code_stamp([project / "code"])
    for at in range(len(whole)):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            path.write_bytes(damaged)
            assert recall(project, QUESTION, code=stamp, today=TODAY) is None, at
    path.write_bytes(whole)
    assert ask(project) == "fine\n"


def test_cache_keeps_itself_out_of_git(project):
    note(project)
    assert (project / ".sparkc-cache/.gitignore").read_text() == "*\n"
    assert len(list((project / ".sparkc-cache").iterdir())) == 2


def test_project_that_cannot_be_written_just_forgets(open_folder):
    def work():
        make_project(open_folder)
        open_folder.chmod(0o555)
        note(open_folder)
        assert ask(open_folder) is None

    run_without_power(work)


def test_importing_it_loads_none_of_the_slow_packages():
    script = "import sys; before = set(sys.modules); import sparkc.writer.uptodate; print(*set(sys.modules) - before)"
    source_root = Path(sparkc.__file__).parents[1]
    loaded = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": str(source_root)}, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "sparkc.writer.uptodate" in loaded
    slow = {"pydantic", "typer", "jinja2", "yaml", "click", "dataclasses", "typing", "pathlib", "sparkc.plan"}
    assert slow.isdisjoint(loaded)


def test_every_public_name_of_the_writer_can_be_imported_from_it():
    for name in sparkc.writer.__all__:
        assert callable(getattr(sparkc.writer, name))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = sparkc.writer.nothing
