"""What `write` and `remove_tree` do to a tree, its neighbours and a person's files in it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from writer_examples import NEW, OLD, seen, tree, wanted

from sparkc.artifact import Artifact
from sparkc.writer.comparison import Clash, Why
from sparkc.writer.exchange import exchange_by_kernel
from sparkc.writer.tree import Tree
from sparkc.writer.writing import Written, remove_tree, write


def test_first_build_creates_every_file_with_its_mode(tmp_path):
    root = tmp_path / "generated"
    result = write(root, OLD, force=False)
    assert result == Written(created=("MANIFEST.json", "README.md", "gone/a", "shell/down.sh", "shell/up.sh"))
    assert seen(root / "pair") == wanted(OLD)
    assert (root / "pair/shell/up.sh").stat().st_mode & 0o777 == 0o755
    assert (root / "pair/README.md").stat().st_mode & 0o777 == 0o644


def test_same_build_again_touches_nothing(tmp_path):
    write(tmp_path, OLD, force=False)
    before = {path: path.lstat() for path in tmp_path.rglob("*")}
    result = write(tmp_path, OLD, force=False)
    assert result == Written(unchanged=("MANIFEST.json", "README.md", "gone/a", "shell/down.sh", "shell/up.sh"))
    after = {path: path.lstat() for path in tmp_path.rglob("*")}
    assert {p: (s.st_ino, s.st_mtime_ns, s.st_ctime_ns) for p, s in after.items()} == {
        p: (s.st_ino, s.st_mtime_ns, s.st_ctime_ns) for p, s in before.items()
    }


def test_changed_spec_rewrites_what_differs_and_removes_own_orphans(tmp_path):
    write(tmp_path, OLD, force=False)
    result = write(tmp_path, NEW, force=False)
    assert result == Written(
        created=("compose/b",),
        changed=("MANIFEST.json", "README.md", "shell/up.sh"),
        removed=("gone/a",),
        unchanged=("shell/down.sh",),
    )
    assert seen(tmp_path) == {"pair": "folder"} | {f"pair/{path}": what for path, what in wanted(NEW).items()}


def test_unchanged_file_stays_the_same_file(tmp_path):
    write(tmp_path, OLD, force=False)
    inode = (tmp_path / "pair/shell/down.sh").stat().st_ino
    write(tmp_path, NEW, force=False)
    assert (tmp_path / "pair/shell/down.sh").stat().st_ino == inode


def test_foreign_files_are_carried_over_as_they_are(tmp_path):
    write(tmp_path, OLD, force=False)
    pair = tmp_path / "pair"
    (pair / "notes.txt").write_text("mine\n")
    (pair / "notes.txt").chmod(0o640)
    os.utime(pair / "notes.txt", ns=(5, 7))
    (pair / "gone/mine.sh").write_text("beside an orphan\n")
    (pair / "gone/mine.sh").chmod(0o700)
    (pair / "deep/er").mkdir(parents=True)
    (pair / "deep/er/link").symlink_to("nowhere")
    (pair / "empty").mkdir(mode=0o750)
    before = (pair / "notes.txt").stat()

    result = write(tmp_path, NEW, force=False)

    assert result.kept_foreign == ("deep/er/link", "gone/mine.sh", "notes.txt")
    assert seen(pair) == wanted(NEW) | {
        "notes.txt": "mine\n",
        "gone": "folder",
        "gone/mine.sh": "*beside an orphan\n",
        "deep": "folder",
        "deep/er": "folder",
        "deep/er/link": "-> nowhere",
        "empty": "folder",
    }
    after = (pair / "notes.txt").stat()
    assert (after.st_mode, after.st_ino, after.st_mtime_ns) == (before.st_mode, before.st_ino, 7)
    assert (pair / "empty").stat().st_mode & 0o777 == 0o750


def test_foreign_files_are_copied_where_hard_links_are_refused(tmp_path, monkeypatch):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/notes.txt").write_text("mine\n")
    (tmp_path / "pair/link").symlink_to("nowhere")

    def refuse(*_args, **_kwargs):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write(tmp_path, NEW, force=False)
    assert seen(tmp_path / "pair") == wanted(NEW) | {"notes.txt": "mine\n", "link": "-> nowhere"}


def test_empty_folder_below_a_folder_of_orphans_stays(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/gone/mine").mkdir()
    write(tmp_path, NEW, force=False)
    assert seen(tmp_path / "pair") == wanted(NEW) | {"gone": "folder", "gone/mine": "folder"}


def test_file_saved_while_we_build_is_not_lost(tmp_path):
    write(tmp_path, OLD, force=False)
    pair = tmp_path / "pair"
    (pair / "notes.txt").write_text("first\n")

    def exchange_after_a_person_saved(new: Path, live: Path) -> None:
        (live / "draft").write_text("second\n")
        (live / "draft").replace(live / "notes.txt")
        (live / "fresh").mkdir()
        (live / "fresh/idea.txt").write_text("third\n")
        exchange_by_kernel(new, live)

    write(tmp_path, NEW, force=False, exchange=exchange_after_a_person_saved)
    assert seen(pair) == wanted(NEW) | {"notes.txt": "second\n", "fresh": "folder", "fresh/idea.txt": "third\n"}


def test_hand_edit_stops_the_whole_tree_and_is_named(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/shell/up.sh").write_text("my own up\n")
    before = seen(tmp_path)
    result = write(tmp_path, NEW, force=False)
    assert result.refused == (Clash("shell/up.sh", Why.EDITED),)
    assert (result.created, result.changed, result.removed) == ((), (), ())
    assert seen(tmp_path) == before


def test_force_writes_over_a_hand_edit(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/shell/up.sh").write_text("my own up\n")
    result = write(tmp_path, NEW, force=True)
    assert "shell/up.sh" in result.changed
    assert result.refused == ()
    assert seen(tmp_path / "pair") == wanted(NEW)


def test_edit_that_says_what_would_be_written_anyway_is_none(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/README.md").write_text("new\n")
    assert write(tmp_path, NEW, force=False).refused == ()
    assert seen(tmp_path / "pair") == wanted(NEW)


def test_edited_orphan_is_not_removed_without_force(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/gone/a").write_text("worth keeping\n")
    assert write(tmp_path, NEW, force=False).refused == (Clash("gone/a", Why.EDITED),)
    assert (tmp_path / "pair/gone/a").read_text() == "worth keeping\n"
    assert write(tmp_path, NEW, force=True).removed == ("gone/a",)
    assert seen(tmp_path / "pair") == wanted(NEW)


def test_lost_executable_bit_is_repaired_without_force(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/shell/up.sh").chmod(0o644)
    assert write(tmp_path, OLD, force=False).changed == ("shell/up.sh",)
    assert seen(tmp_path / "pair") == wanted(OLD)


def test_modes_of_a_checkout_under_another_umask_are_no_change(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/README.md").chmod(0o664)
    (tmp_path / "pair/shell/up.sh").chmod(0o700)
    assert write(tmp_path, OLD, force=False).changed == ()


def test_file_that_a_person_deleted_comes_back(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/README.md").unlink()
    assert write(tmp_path, OLD, force=False).created == ("README.md",)
    assert seen(tmp_path / "pair") == wanted(OLD)


@pytest.mark.parametrize(
    ("obstacle", "path"),
    [
        pytest.param(lambda pair: (pair / "compose").write_text("mine\n"), "compose", id="a file where a folder goes"),
        pytest.param(
            lambda pair: ((pair / "compose/b").mkdir(parents=True), (pair / "compose/b/x").write_text("mine\n")),
            "compose/b/x",
            id="a folder with something in it where a file goes",
        ),
        pytest.param(
            lambda pair: ((pair / "compose").mkdir(), (pair / "compose/b").write_text("mine\n")),
            "compose/b",
            id="a file of the same name",
        ),
    ],
)
def test_foreign_file_in_the_way_stays_until_forced(tmp_path, obstacle, path):
    write(tmp_path, OLD, force=False)
    obstacle(tmp_path / "pair")
    before = seen(tmp_path)
    assert write(tmp_path, NEW, force=False).refused == (Clash(path, Why.NOT_OURS),)
    assert seen(tmp_path) == before
    write(tmp_path, NEW, force=True)
    assert seen(tmp_path / "pair") == wanted(NEW)


def test_empty_folder_in_the_way_of_a_file_is_no_obstacle(tmp_path):
    (tmp_path / "pair/README.md/empty").mkdir(parents=True)
    write(tmp_path, OLD, force=False)
    assert seen(tmp_path / "pair") == wanted(OLD)


def test_nothing_is_written_through_a_link(tmp_path):
    root, outside = tmp_path / "generated", tmp_path / "outside"
    write(root, OLD, force=False)
    (root / "pair/shell").rename(outside)
    (root / "pair/shell").symlink_to(outside)
    assert write(root, NEW, force=False).refused == (Clash("shell", Why.NOT_OURS),)
    write(root, NEW, force=True)
    assert seen(outside) == {"down.sh": "*same\n", "up.sh": "*old up\n"}
    assert seen(root / "pair") == wanted(NEW)


def test_file_turned_into_a_link_counts_as_edited(tmp_path):
    root, outside = tmp_path / "generated", tmp_path / "outside"
    write(root, OLD, force=False)
    outside.write_text("old\n")
    (root / "pair/README.md").unlink()
    (root / "pair/README.md").symlink_to(outside)
    assert write(root, NEW, force=False).refused == (Clash("README.md", Why.NOT_A_FILE),)
    write(root, NEW, force=True)
    assert outside.read_text() == "old\n"
    assert seen(root / "pair") == wanted(NEW)


def test_other_trees_are_left_alone(tmp_path):
    write(tmp_path, tree({"a": "a\n"}, name="other"), force=False)
    (tmp_path / "hand-made").mkdir()
    (tmp_path / "hand-made/x").write_text("x\n")
    (tmp_path / "top.txt").write_text("top\n")
    before = seen(tmp_path)
    write(tmp_path, OLD, force=False)
    remove_tree(tmp_path, "pair", force=False)
    assert seen(tmp_path) == before


def test_order_of_artifacts_changes_no_byte(tmp_path):
    write(tmp_path / "one", OLD, force=False)
    write(tmp_path / "two", Tree(OLD.name, OLD.artifacts[::-1], OLD.digest), force=False)
    assert seen(tmp_path / "one") == seen(tmp_path / "two")


def test_text_arrives_byte_for_byte(tmp_path):
    text = "a\r\nb\rc — ü\u2028\n"
    write(tmp_path, tree({"a": text}), force=False)
    assert (tmp_path / "pair/a").read_bytes() == text.encode("utf-8")


def test_removed_tree_is_gone_with_all_that_sparkc_wrote(tmp_path):
    write(tmp_path, OLD, force=False)
    assert remove_tree(tmp_path, "pair", force=False).removed == (
        "MANIFEST.json",
        "README.md",
        "gone/a",
        "shell/down.sh",
        "shell/up.sh",
    )
    assert seen(tmp_path) == {}


def test_removed_tree_leaves_foreign_files(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/shell/notes.txt").write_text("mine\n")
    assert remove_tree(tmp_path, "pair", force=False).kept_foreign == ("shell/notes.txt",)
    assert seen(tmp_path) == {"pair": "folder", "pair/shell": "folder", "pair/shell/notes.txt": "mine\n"}


def test_removed_tree_keeps_hand_edits_until_forced(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/README.md").write_text("mine\n")
    before = seen(tmp_path)
    assert remove_tree(tmp_path, "pair", force=False).refused == (Clash("README.md", Why.EDITED),)
    assert seen(tmp_path) == before
    remove_tree(tmp_path, "pair", force=True)
    assert seen(tmp_path) == {}


def test_removing_a_tree_that_is_not_there_is_fine(tmp_path):
    assert remove_tree(tmp_path, "pair", force=False) == Written()


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/", "a\0b", "MANIFEST.json"])
def test_artifact_path_that_could_leave_its_place_is_our_bug(path):
    with pytest.raises(ValueError, match="artifact cannot"):
        Tree("pair", (Artifact(path, "x\n"),), "0")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", ".hidden", "a\0b"])
def test_tree_name_that_could_leave_the_output_folder_is_our_bug(name):
    with pytest.raises(ValueError, match="cannot be called"):
        Tree(name, (), "0")
    with pytest.raises(ValueError, match="cannot be called"):
        remove_tree(Path("/nonexistent"), name, force=True)


def test_two_artifacts_in_one_place_are_our_bug():
    with pytest.raises(ValueError, match="two artifacts claim one path: a"):
        Tree("pair", (Artifact("a", "1\n"), Artifact("a", "2\n")), "0")
    with pytest.raises(ValueError, match="needs a folder there"):
        Tree("pair", (Artifact("a", "1\n"), Artifact("a/b/c", "2\n")), "0")


_PATHS = st.sampled_from(("a", "b.sh", "d/a", "d/b", "d/e/a", "f/a"))
_TREES = st.dictionaries(_PATHS, st.sampled_from(("1\n", "2\n")))
_FOREIGN = st.dictionaries(st.sampled_from(("x", "d/x", "d/e/x", "f/x", "g/x")), st.sampled_from(("p\n", "q\n")))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_TREES, min_size=1, max_size=4), foreign=_FOREIGN)
def test_any_row_of_builds_ends_in_the_last_tree_and_the_foreign_files(tmp_path_factory, steps, foreign):
    root = tmp_path_factory.mktemp("generated")
    write(root, tree(steps[0]), force=False)
    for path, text in foreign.items():
        (root / "pair" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "pair" / path).write_text(text)
    for step in steps:
        result = write(root, tree(step), force=False)
        assert result.refused == ()
        assert set(result.kept_foreign) == set(foreign)
    files = {path: what for path, what in seen(root / "pair").items() if what != "folder"}
    expected = {path: what for path, what in wanted(tree(steps[-1])).items() if what != "folder"}
    assert files == expected | foreign
