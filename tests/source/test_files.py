"""Bytes to text, or one finding that says why not."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sparkc.findings import Span
from sparkc.source.files import MAX_BYTES, UNREADABLE, read

NOBODY = 65534


@contextmanager
def without_root() -> Iterator[None]:
    """Give up root's powers for a while: root may read everything, so permissions could not be tested."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Yield a folder that everybody may enter; pytest's own are for their owner only."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def refusal(path: Path) -> tuple[str, str]:
    text, (finding,) = read(path, "specs/x.yaml")
    assert text is None
    assert finding.rule in UNREADABLE
    assert finding.help
    return finding.rule, finding.message


def test_text_arrives_with_its_line_ends_and_without_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa4\r\nb: 1\n")
    assert read(path, "x.yaml") == ("a: ä\r\nb: 1\n", [])


def test_empty_file_is_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.touch()
    assert read(path, "x.yaml") == ("", [])


def test_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"#" * MAX_BYTES)
    assert read(path, "x.yaml")[1] == []
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    assert refusal(path)[0] == "too-large"


def test_50_mb_are_refused_with_their_size(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.touch()
    os.truncate(path, 50 * 2**20)
    rule, message = refusal(path)
    assert rule == "too-large"
    assert "52,428,800 bytes" in message


def test_missing_file_is_named_as_the_user_named_it(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.yaml") == ("no-such-file", "there is no file `specs/x.yaml`")


@pytest.mark.parametrize("name", ["a\0b.yaml", "file/x.yaml"])
def test_name_that_cannot_exist_is_a_missing_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    assert refusal(tmp_path / name)[0] == "no-such-file"


def test_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / ("x" * 5000))[0] == "cannot-read"


def test_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").symlink_to("x.yaml")
    assert refusal(tmp_path / "x.yaml")[0] == "cannot-read"


def test_folder_is_called_a_folder(tmp_path: Path) -> None:
    rule, message = refusal(tmp_path)
    assert rule == "not-a-file"
    assert "is a folder" in message


def test_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.yaml")
    rule, message = refusal(tmp_path / "x.yaml")
    assert rule == "not-a-file"
    assert "a pipe" in message


def test_device_is_refused() -> None:
    assert refusal(Path("/dev/zero"))[0] == "not-a-file"


def test_file_without_read_permission_is_refused(open_folder: Path) -> None:
    path = open_folder / "x.yaml"
    path.write_text("a: 1\n")
    path.chmod(0)
    with without_root():
        assert refusal(path)[0] == "no-permission"


def test_folder_that_may_not_be_entered_is_a_lack_of_permission(open_folder: Path) -> None:
    inner = open_folder / "inner"
    inner.mkdir()
    (inner / "x.yaml").write_text("a: 1\n")
    inner.chmod(0)
    with without_root():
        assert refusal(inner / "x.yaml")[0] == "no-permission"


@pytest.mark.parametrize(
    ("data", "line", "column", "words"),
    [
        pytest.param(b"a: 1\nb: Z\xfcrich\n", 2, 5, ("0xFC", "offset 9", "Latin-1"), id="Latin-1"),
        pytest.param(
            b"\xef\xbb\xbfa: 1\r\nb: \xc3\xa4\xfc\n", 2, 5, ("0xFC", "offset 14"), id="after a byte order mark"
        ),
        pytest.param(b"a: \xc3", 1, 4, ("0xC3",), id="half a character at the end"),
        pytest.param(b"a: \xed\xa0\x80", 1, 4, ("0xED",), id="encoded surrogate"),
        pytest.param(b"\x7fELF\x02\x01\x00\x00\x80\xff", 1, 9, ("binary", "0x80"), id="program"),
        pytest.param("a: 1".encode("utf-16"), 1, 1, ("UTF-16",), id="UTF-16"),
    ],
)
def test_bytes_that_are_no_utf8_are_placed(data: bytes, line: int, column: int, words: tuple[str, ...], tmp_path: Path):
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    text, (finding,) = read(path, "x.yaml")
    assert text is None
    assert finding.rule == "not-utf-8"
    assert finding.span == Span("x.yaml", line, column, line, column + 1)
    assert all(word in finding.message for word in words)
