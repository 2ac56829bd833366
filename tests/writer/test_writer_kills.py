"""A build that is killed at any moment leaves the old tree or the new one, and the next build cleans up."""

from __future__ import annotations

import errno
import itertools
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import exit_status, start
from writer_examples import NEW, OLD, seen, wanted

from sparkc.writer.exchange import Exchange, exchange_by_kernel, recover
from sparkc.writer.writing import remove_tree, write

FOREIGN = {"notes.txt": "mine\n", "gone/mine": "mine too\n", "link": "-> nowhere"}
FOREIGN_FOLDERS = {"gone": "folder"}
CHANGES = {"os.mkdir", "os.link", "os.rename", "os.remove", "os.rmdir", "os.chmod", "open", "ctypes.dlsym"}


def no_exchange(_one: Path, _other: Path) -> None:
    """Answer as a file system without RENAME_EXCHANGE does."""
    raise OSError(errno.EINVAL, "Invalid argument")


def lay_out(root: Path) -> None:
    """Make an old tree with foreign files in it."""
    write(root, OLD, force=False)
    (root / "pair/notes.txt").write_text("mine\n")
    (root / "pair/gone/mine").write_text("mine too\n")
    (root / "pair/link").symlink_to("nowhere")


def assert_old_or_new(root: Path, moment: object) -> None:
    found = seen(root / "pair")
    whole = [wanted(one) | FOREIGN | FOREIGN_FOLDERS for one in (OLD, NEW)]
    assert found in whole, moment


def assert_next_build_cleans_up(root: Path, moment: object) -> None:
    write(root, NEW, force=False)
    assert seen(root / "pair") == wanted(NEW) | FOREIGN | FOREIGN_FOLDERS, moment
    assert [path.name for path in root.iterdir()] == ["pair"], moment


def die_before_change(number: int) -> None:
    """Kill this process before its n-th call that may change the file system."""
    calls = itertools.count(1)

    def hook(event: str, _args: tuple[object, ...]) -> None:
        if event in CHANGES and next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def refuse_to_rename(live: Path) -> None:
    """Make this process see overlayfs: a folder of a lower layer cannot be renamed."""
    rename = os.rename

    def rename_unless_live(source, target, **options):
        if Path(source) == live:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(source, target, **options)

    os.rename = rename_unless_live


def killed_at_every_step(tmp_path: Path, build: Callable[[Path], object]) -> list[tuple[int, Path]]:
    """Run `build` again and again, killed one step later each time; return the step and the folder of each."""
    left = []
    for step in itertools.count(1):
        root = tmp_path / str(step)
        lay_out(root)

        def work(root: Path = root, step: int = step) -> None:
            die_before_change(step)
            build(root)

        status = exit_status(start(work))
        if status == 0:
            assert step > 20, "the hook sees too few steps to prove anything"
            return left
        assert status == -signal.SIGKILL
        left.append((step, root))
    raise AssertionError


def test_kill_at_every_step_leaves_old_or_new(tmp_path):
    outcomes = set()
    for step, root in killed_at_every_step(tmp_path, lambda root: write(root, NEW, force=False)):
        assert_old_or_new(root, step)
        outcomes.add((root / "pair/README.md").read_text())
        assert_next_build_cleans_up(root, step)
    assert outcomes == {"old\n", "new\n"}


@pytest.mark.parametrize("renames_folders", [True, False], ids=("plain", "overlay"))
def test_kill_at_every_step_of_the_journal_is_repaired_by_the_next_run(tmp_path, renames_folders):
    def build(root: Path) -> None:
        if not renames_folders:
            refuse_to_rename(root / "pair")
        write(root, NEW, force=False, exchange=no_exchange)

    outcomes = set()
    for step, root in killed_at_every_step(tmp_path, build):
        recover(root)
        assert_old_or_new(root, step)
        outcomes.add((root / "pair/README.md").read_text())
        assert_next_build_cleans_up(root, step)
    assert outcomes == {"old\n", "new\n"}


def test_kill_at_every_step_of_a_removal_leaves_the_tree_or_the_foreign_files(tmp_path):
    for step, root in killed_at_every_step(tmp_path, lambda root: remove_tree(root, "pair", force=False)):
        gone = FOREIGN | FOREIGN_FOLDERS
        assert seen(root / "pair") in (wanted(OLD) | gone, gone), step
        remove_tree(root, "pair", force=False)
        assert seen(root) == {"pair": "folder"} | {f"pair/{path}": what for path, what in gone.items()}, step


@pytest.mark.parametrize(
    ("exchange", "kills"), [(exchange_by_kernel, 200), (no_exchange, 100)], ids=("kernel", "journal")
)
def test_kill_at_random_moments_leaves_old_or_new(tmp_path, exchange: Exchange, kills: int):
    def build(root: Path) -> int:
        return start(lambda: write(root, NEW, force=False, exchange=exchange) and None)

    whole_build_s = min(duration_s(build, tmp_path / f"timed-{n}") for n in range(5))
    moments = random.Random(20)
    root = tmp_path / "generated"
    lay_out(root)
    hits = 0
    for _ in range(kills):
        moment_s = moments.uniform(0, whole_build_s)
        child = build(root)
        time.sleep(moment_s)
        os.kill(child, signal.SIGKILL)
        hits += exit_status(child) == -signal.SIGKILL
        if exchange is no_exchange:
            recover(root)
        assert_old_or_new(root, moment_s)
        assert_next_build_cleans_up(root, moment_s)
        write(root, OLD, force=False)
    assert hits > kills / 10, "nearly every build had ended before it was killed: the test proves nothing"


def duration_s(build: Callable[[Path], int], root: Path) -> float:
    lay_out(root)
    started = time.perf_counter()
    assert exit_status(build(root)) == 0
    return time.perf_counter() - started


def test_first_build_killed_at_any_step_leaves_nothing_or_the_tree(tmp_path):
    for step in itertools.count(1):
        root = tmp_path / str(step)

        def work(root: Path = root, step: int = step) -> None:
            die_before_change(step)
            write(root, NEW, force=False)

        status = exit_status(start(work))
        assert not (root / "pair").exists() or seen(root / "pair") == wanted(NEW), step
        write(root, NEW, force=False)
        assert [path.name for path in root.iterdir()] == ["pair"], step
        if status == 0:
            return


@pytest.mark.parametrize("exchange", [exchange_by_kernel, no_exchange], ids=("kernel", "journal"))
def test_both_ways_of_replacing_end_in_the_same_folder(tmp_path, exchange):
    lay_out(tmp_path)
    write(tmp_path, NEW, force=False, exchange=exchange)
    assert seen(tmp_path / "pair") == wanted(NEW) | FOREIGN | FOREIGN_FOLDERS
    assert [path.name for path in tmp_path.iterdir()] == ["pair"]


def test_only_our_own_temporary_folders_are_cleared_away(tmp_path):
    ours = (".pair.sparkc-new", ".other.sparkc-old")
    others = (".pair.sparkc-new.bak", "pair.sparkc-new", ".sparkc-new", ".pair.sparkc-newer", "sparkc-old")
    for name in (*ours, *others):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("x\n")
    (tmp_path / ".file.sparkc-new").write_text("a file\n")
    (tmp_path / "target").mkdir()
    (tmp_path / ".link.sparkc-new").symlink_to("target")
    write(tmp_path, OLD, force=False)
    assert {path.name for path in tmp_path.iterdir()} == {
        *others,
        ".file.sparkc-new",
        "target",
        ".link.sparkc-new",
        "pair",
    }


def test_write_protected_leftovers_are_cleared_away(tmp_path):
    leftover = tmp_path / ".pair.sparkc-new/closed"
    leftover.mkdir(parents=True)
    (leftover / "x").write_text("x\n")
    leftover.chmod(0o500)
    write(tmp_path, OLD, force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["pair"]


def test_refusal_other_than_not_supported_is_not_taken_for_a_missing_exchange(tmp_path):
    lay_out(tmp_path)
    before = seen(tmp_path)

    def refuse(_one: Path, _other: Path) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    with pytest.raises(Exception, match="Device or resource busy"):
        write(tmp_path, NEW, force=False, exchange=refuse)
    assert seen(tmp_path) == before
