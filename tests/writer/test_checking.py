"""What `check` and `orphan_trees` tell apart."""

from __future__ import annotations

import pytest
from writer_examples import NEW, OLD, seen, tree

from sparkc.findings import SparkcError
from sparkc.writer.checking import Drift, check, orphan_trees
from sparkc.writer.comparison import Clash, Why
from sparkc.writer.writing import write


def test_fresh_build_has_no_drift(tmp_path):
    write(tmp_path, OLD, force=False)
    assert check(tmp_path, OLD) == Drift()
    assert check(tmp_path, OLD).is_none


def test_every_kind_of_drift_is_told_apart_and_nothing_is_written(tmp_path):
    write(tmp_path, OLD, force=False)
    pair = tmp_path / "pair"
    (pair / "shell/down.sh").unlink()
    (pair / "shell/up.sh").write_text("by hand\n")
    (pair / "notes.txt").write_text("mine\n")
    before = seen(tmp_path)

    drift = check(tmp_path, NEW)

    assert drift == Drift(
        stale=("MANIFEST.json", "README.md"),
        edited=(Clash("shell/up.sh", Why.EDITED),),
        missing=("compose/b", "shell/down.sh"),
        orphans=("gone/a",),
        foreign=("notes.txt",),
    )
    assert seen(tmp_path) == before


def test_foreign_files_alone_are_no_drift(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/notes.txt").write_text("mine\n")
    assert check(tmp_path, OLD).is_none


@pytest.mark.parametrize("spoil", ["missing", "stale", "edited", "orphans"])
def test_each_kind_of_drift_counts(spoil):
    assert not Drift(**{spoil: ("x",)}).is_none


def test_everything_is_missing_before_the_first_build(tmp_path):
    root = tmp_path / "generated"
    assert check(root, OLD).missing == tuple(sorted(OLD.files))
    assert not root.exists()


def test_tree_of_a_removed_spec_is_found(tmp_path):
    write(tmp_path, OLD, force=False)
    write(tmp_path, tree({"a": "a\n"}, name="alone"), force=False)
    write(tmp_path, tree({"a": "a\n"}, name="removed"), force=False)
    assert orphan_trees(tmp_path, {"pair", "alone"}) == ["removed"]


def test_folders_without_our_manifest_are_nobody_s_orphans(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/MANIFEST.json").write_text('{"name": "other tool"}\n')
    (tmp_path / "blank").mkdir()
    (tmp_path / "blank/MANIFEST.json").write_text("")
    (tmp_path / "file").write_text("x\n")
    write(tmp_path / "elsewhere", OLD, force=False)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere/pair")
    assert orphan_trees(tmp_path, ()) == []
    assert orphan_trees(tmp_path / "nowhere", ()) == []


def test_link_in_the_place_of_a_tree_is_refused_by_check_too(tmp_path):
    write(tmp_path / "elsewhere", OLD, force=False)
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated/pair").symlink_to(tmp_path / "elsewhere/pair")
    with pytest.raises(SparkcError, match="symbolic link"):
        check(tmp_path / "generated", OLD)
