"""What the writer says when the world refuses: one sentence with a way out, and the old tree stays."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
from pathlib import Path

import pytest
from processes import exit_status, run_without_power, start
from writer_examples import NEW, OLD, seen, tree, wanted

from sparkc.findings import SparkcError
from sparkc.writer import output_folder
from sparkc.writer.checking import check
from sparkc.writer.exchange import exchange_by_kernel
from sparkc.writer.writing import remove_tree, write
from tools import cannot


def test_output_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "generated").write_text("x\n")
    for attempt in (write, remove_tree):
        with pytest.raises(SparkcError, match=r"generated is a file, .*move the file away"):
            attempt(tmp_path / "generated", OLD if attempt is write else "pair", force=True)
    with pytest.raises(SparkcError, match="generated is a file"):
        check(tmp_path / "generated", OLD)


@pytest.mark.parametrize("leads", ["to a folder", "nowhere"])
def test_output_folder_that_is_a_link_is_refused(tmp_path, leads):
    if leads == "to a folder":
        (tmp_path / "real").mkdir()
    (tmp_path / "generated").symlink_to("real")
    with pytest.raises(SparkcError, match=r"generated is a symbolic link, .*remove it"):
        write(tmp_path / "generated", OLD, force=True)
    assert not (tmp_path / "real/pair").exists()


def test_tree_that_is_a_link_is_refused(tmp_path):
    write(tmp_path / "real", OLD, force=False)
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated/pair").symlink_to(tmp_path / "real/pair")
    with pytest.raises(SparkcError, match=r"generated/pair is a symbolic link"):
        write(tmp_path / "generated", NEW, force=True)
    assert seen(tmp_path / "real/pair") == wanted(OLD)


def test_tree_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "pair").write_text("x\n")
    with pytest.raises(SparkcError, match=r"pair is a file"):
        write(tmp_path, OLD, force=True)
    assert (tmp_path / "pair").read_text() == "x\n"


@pytest.mark.parametrize("closed", ["generated", "generated/pair"])
def test_folder_without_write_permission_is_one_sentence(open_folder, closed):
    def work():
        root = open_folder / "generated"
        write(root, OLD, force=False)
        (open_folder / closed).chmod(0o555)
        with pytest.raises(
            SparkcError, match=r"cannot write .*generated/pair.*(give this user the right|chmod u\+rwx)"
        ):
            write(root, NEW, force=True)
        assert seen(root) == {"pair": "folder"} | {f"pair/{path}": what for path, what in wanted(OLD).items()}

    run_without_power(work)


def test_foreign_folder_that_cannot_be_read_stops_the_build(open_folder):
    def work():
        write(open_folder, OLD, force=False)
        (open_folder / "pair/secret").mkdir(mode=0)
        with pytest.raises(SparkcError, match=r"pair/secret: permission denied"):
            write(open_folder, NEW, force=True)
        (open_folder / "pair/secret").chmod(0o700)
        assert seen(open_folder / "pair") == wanted(OLD) | {"secret": "folder"}

    run_without_power(work)


def test_write_protected_foreign_folder_is_carried_over(open_folder):
    def work():
        write(open_folder, OLD, force=False)
        (open_folder / "pair/mine").mkdir()
        (open_folder / "pair/mine/x").write_text("x\n")
        (open_folder / "pair/mine").chmod(0o555)
        write(open_folder, NEW, force=False)
        assert seen(open_folder) == {"pair": "folder"} | {
            f"pair/{path}": what for path, what in (wanted(NEW) | {"mine": "folder", "mine/x": "x\n"}).items()
        }
        assert (open_folder / "pair/mine").stat().st_mode & 0o777 == 0o555

    run_without_power(work)


def test_full_disk_leaves_the_old_tree(tmp_path):
    if os.geteuid() != 0:
        cannot("mounting a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        cannot(f"this machine cannot mount a tmpfs: {mounted.stderr.decode().strip()}")
    try:
        root = disk / "generated"
        write(root, OLD, force=False)
        big = tree({"README.md": "new\n", "big": "x" * 1_000_000 + "\n"})
        with pytest.raises(SparkcError, match=r"cannot write .*: the disk is full; free some space"):
            write(root, big, force=False)
        assert seen(root) == {"pair": "folder"} | {f"pair/{path}": what for path, what in wanted(OLD).items()}
        write(root, NEW, force=False)
        assert seen(root / "pair") == wanted(NEW)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("call", ["link", "fsync", "mkdir"])
def test_disk_that_fills_up_at_any_call_leaves_the_old_tree(tmp_path, monkeypatch, call):
    write(tmp_path, OLD, force=False)
    before = seen(tmp_path)

    def refuse(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, call, refuse)
        with pytest.raises(SparkcError, match="the disk is full"):
            write(tmp_path, NEW, force=False)
    assert seen(tmp_path) == before


def test_other_refusals_name_the_place(tmp_path, monkeypatch):
    write(tmp_path, OLD, force=False)

    def refuse(*_args, **_kwargs):
        raise OSError(errno.EIO, "Input/output error", str(tmp_path / "pair"))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(SparkcError, match=r"cannot write .*pair at .*pair: Input/output error"):
        write(tmp_path, NEW, force=False)


def test_old_tree_goes_once_the_new_one_is_on_disk(tmp_path, monkeypatch):
    """A first build has nothing to lose, and waits for no disk."""
    on_disk: set[int] = set()
    monkeypatch.setattr(os, "fsync", lambda handle: on_disk.add(os.fstat(handle).st_ino))
    write(tmp_path, OLD, force=False)
    assert not on_disk

    def exchange(new: Path, old: Path) -> None:
        written = {path.stat().st_ino for path in (new, *new.rglob("*"))}
        kept = {path.stat().st_ino for path in old.rglob("*")}
        assert written - kept <= on_disk
        exchange_by_kernel(new, old)

    write(tmp_path, NEW, force=False, exchange=exchange)
    assert seen(tmp_path / "pair") == wanted(NEW)


def test_second_build_waits_for_the_first(tmp_path):
    write(tmp_path, OLD, force=False)
    holder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    second = start(lambda: write(tmp_path, NEW, force=False) and None)
    assert os.waitpid(second, os.WNOHANG) == (0, 0)
    assert seen(tmp_path / "pair") == wanted(OLD)
    # The child has inherited the handle, so closing ours alone would not let go.
    fcntl.flock(holder, fcntl.LOCK_UN)
    os.close(holder)
    assert exit_status(second) == 0
    assert seen(tmp_path / "pair") == wanted(NEW)


def test_second_build_says_so_when_the_first_takes_too_long(tmp_path):
    with (
        output_folder.held(tmp_path),
        pytest.raises(SparkcError, match="another sparkc build has been writing"),
        output_folder.held(tmp_path, patience_s=0.1),
    ):
        pytest.fail("both builds hold the output folder")


def test_lock_leaves_nothing_behind(tmp_path):
    with output_folder.held(tmp_path / "generated"):
        pass
    assert seen(tmp_path) == {"generated": "folder"}


def test_build_goes_on_where_folders_cannot_be_locked(tmp_path, monkeypatch):
    def refuse(*_args):
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", refuse)
    write(tmp_path, OLD, force=False)
    assert seen(tmp_path / "pair") == wanted(OLD)


def test_many_builds_at_once_end_in_one_whole_tree(tmp_path):
    trees = [tree({"README.md": f"{n}\n", f"only/{n}": "x\n"}, digest=str(n)) for n in range(6)]
    builds = [start(lambda one=one: write(tmp_path, one, force=False) and None) for one in trees]
    assert [exit_status(build) for build in builds] == [0] * 6
    assert seen(tmp_path / "pair") in [wanted(one) for one in trees]
    assert [path.name for path in tmp_path.iterdir()] == ["pair"]
