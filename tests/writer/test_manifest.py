"""What the writer makes of a manifest that was merged, cut short, deleted or forged."""

from __future__ import annotations

import json

import pytest
from writer_examples import NEW, OLD, seen, tree, wanted

from sparkc.writer import manifest
from sparkc.writer.checking import check
from sparkc.writer.comparison import Clash, Why
from sparkc.writer.writing import write

MINE = tree({"README.md": "mine\n", "a": "1\n", "b": "1\n"}, digest="mine")
THEIRS = tree({"README.md": "theirs\n", "a": "1\n", "b": "2\n", "c": "3\n"}, digest="theirs")
MERGED = tree({"README.md": "both\n", "a": "1\n", "b": "2\n"}, digest="both")


def conflicted(mine: bytes, theirs: bytes) -> bytes:
    """Return what git leaves where both sides changed the same lines: what they share, then both halves."""
    ours, others = mine.decode().splitlines(), theirs.decode().splitlines()
    shared = next(at for at, (one, two) in enumerate(zip(ours, others, strict=False)) if one != two)
    return "\n".join(
        [*ours[:shared], "<<<<<<< HEAD", *ours[shared:], "=======", *others[shared:], ">>>>>>> branch", ""]
    ).encode()


def test_manifest_is_json_with_one_sorted_line_per_file(tmp_path):
    write(tmp_path, OLD, force=False)
    text = (tmp_path / "pair/MANIFEST.json").read_text()
    data = json.loads(text)
    assert data["spec"] == "1"
    assert list(data["files"]) == ["README.md", "gone/a", "shell/down.sh", "shell/up.sh"]
    assert data["files"]["shell/up.sh"] == {
        "mode": "0755",
        # printf 'old up\n' | sha256sum
        "sha256": "31a6d5bf5e3b5c221838de6a469b751388097775175d9a64b94f6fd961fcc347",
    }
    assert text.endswith("}\n")
    assert sum('"sha256"' in line for line in text.splitlines()) == 4


def test_manifest_reads_back_hostile_file_names():
    names = ['a "b"', "c\\d", "e\nf", "ü", "g}", "\u2028"]
    digest = "0" * 64
    content = manifest.render("1", [manifest.Entry(name, 0o644, digest) for name in names])
    history = manifest.read(content)
    assert history.is_intact
    assert set(history.known) == set(names)
    assert set(json.loads(content)["files"]) == set(names)


def test_plain_build_repairs_a_manifest_with_conflict_markers(tmp_path):
    write(tmp_path, MERGED, force=False)
    record = tmp_path / "pair/MANIFEST.json"
    record.write_bytes(conflicted(MINE.files["MANIFEST.json"].content, THEIRS.files["MANIFEST.json"].content))
    assert check(tmp_path, MERGED).stale == ("MANIFEST.json",)
    assert write(tmp_path, MERGED, force=False).changed == ("MANIFEST.json",)
    assert seen(tmp_path / "pair") == wanted(MERGED)


def test_files_that_either_side_of_a_merge_wrote_are_no_hand_edits(tmp_path):
    write(tmp_path, THEIRS, force=False)
    pair = tmp_path / "pair"
    (pair / "b").write_text("1\n")
    (pair / "MANIFEST.json").write_bytes(
        conflicted(MINE.files["MANIFEST.json"].content, THEIRS.files["MANIFEST.json"].content)
    )
    result = write(tmp_path, MERGED, force=False)
    assert (result.changed, result.removed, result.refused) == (("MANIFEST.json", "README.md", "b"), ("c",), ())
    assert seen(pair) == wanted(MERGED)


def test_force_repairs_conflict_markers_everywhere(tmp_path):
    write(tmp_path, MINE, force=False)
    pair = tmp_path / "pair"
    (pair / "README.md").write_bytes(conflicted(b"mine\n", b"theirs\n"))
    (pair / "MANIFEST.json").write_bytes(
        conflicted(MINE.files["MANIFEST.json"].content, THEIRS.files["MANIFEST.json"].content)
    )
    before = seen(tmp_path)
    assert write(tmp_path, MERGED, force=False).refused == (Clash("README.md", Why.MERGE_MARKERS),)
    assert seen(tmp_path) == before
    write(tmp_path, MERGED, force=True)
    assert seen(pair) == wanted(MERGED)


@pytest.mark.parametrize("record", [None, b"", b"{}\n", b"{\n"], ids=("deleted", "empty", "other json", "cut short"))
def test_without_history_only_what_is_already_right_passes(tmp_path, record):
    write(tmp_path, OLD, force=False)
    path = tmp_path / "pair/MANIFEST.json"
    path.unlink() if record is None else path.write_bytes(record)
    refused = {clash.path: clash.why for clash in write(tmp_path, NEW, force=False).refused}
    assert refused["README.md"] is Why.UNKNOWN
    assert "shell/down.sh" not in refused
    write(tmp_path, NEW, force=True)
    # What nobody remembers is nobody's to remove: the old orphan stays as a foreign file.
    assert seen(tmp_path / "pair") == wanted(NEW) | {"gone": "folder", "gone/a": "a\n"}


def test_build_restores_a_deleted_manifest(tmp_path):
    write(tmp_path, OLD, force=False)
    (tmp_path / "pair/MANIFEST.json").unlink()
    assert write(tmp_path, OLD, force=False).created == ("MANIFEST.json",)
    assert seen(tmp_path / "pair") == wanted(OLD)


def test_manifest_of_another_tool_is_not_overwritten(tmp_path):
    (tmp_path / "pair").mkdir()
    (tmp_path / "pair/MANIFEST.json").write_text('{"name": "some other tool"}\n')
    assert write(tmp_path, OLD, force=False).refused == (Clash("MANIFEST.json", Why.NOT_OURS),)


def test_manifest_cut_at_any_byte_never_costs_a_hand_edit(tmp_path):
    write(tmp_path, OLD, force=False)
    pair = tmp_path / "pair"
    (pair / "README.md").write_text("mine\n")
    (pair / "gone/a").write_text("mine too\n")
    whole = (pair / "MANIFEST.json").read_bytes()
    for length in range(len(whole) + 1):
        (pair / "MANIFEST.json").write_bytes(whole[:length])
        result = write(tmp_path, NEW, force=False)
        assert "README.md" in {clash.path for clash in result.refused}, length
        assert (pair / "gone/a").read_text() == "mine too\n", length


def test_forged_manifest_reaches_nothing_outside_its_tree(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("a\n")
    root = tmp_path / "generated"
    write(root, OLD, force=False)
    stolen = OLD.files["gone/a"].sha256
    entries = [manifest.Entry(path, 0o644, stolen) for path in ("../../victim", str(victim), "gone/../../../victim")]
    (root / "pair/MANIFEST.json").write_bytes(manifest.render("1", entries))
    write(root, NEW, force=True)
    assert victim.read_text() == "a\n"
