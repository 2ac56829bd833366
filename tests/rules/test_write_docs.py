"""`tools/write_docs.py` writes what is missing or stale and removes what is left over; --check touches nothing."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).parent.parent.parent / "tools"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the tool, working on a project of one page in a folder of its own."""
    monkeypatch.syspath_prepend(str(TOOLS))
    module = importlib.import_module("write_docs")
    pages = tmp_path / "docs" / "rules"

    def made() -> Iterator[tuple[Path, str]]:
        yield pages / "one-rule.md", "# one-rule\n"

    monkeypatch.setattr(module, "REPOSITORY", tmp_path)
    monkeypatch.setattr(module, "PAGES", pages)
    monkeypatch.setattr(module, "made", made)
    return module


def test_missing_page_is_named_by_check_and_not_written(
    tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.main(["--check"]) == 1
    assert capsys.readouterr().out == "docs/rules/one-rule.md: missing\n"
    assert not (tmp_path / "docs").exists()


def test_what_was_written_is_current(tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main([]) == 0
    capsys.readouterr()

    assert tool.main(["--check"]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "docs" / "rules" / "one-rule.md").read_bytes() == b"# one-rule\n"


def test_stale_page_is_rewritten_and_page_without_a_rule_removed(
    tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = tmp_path / "docs" / "rules"
    pages.mkdir(parents=True)
    (pages / "one-rule.md").write_text("old\n")
    (pages / "gone.md").write_text("old\n")

    assert tool.main(["--check"]) == 1
    assert capsys.readouterr().out == (
        "docs/rules/one-rule.md: not current\ndocs/rules/gone.md: the page of a rule that does not exist\n"
    )
    assert tool.main([]) == 0
    assert [file.name for file in pages.iterdir()] == ["one-rule.md"]
    assert (pages / "one-rule.md").read_text() == "# one-rule\n"
