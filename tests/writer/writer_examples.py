"""Trees to write, and a way to see everything that stands in a folder."""

from __future__ import annotations

import stat
from pathlib import Path

from sparkc.artifact import Artifact
from sparkc.writer.tree import Tree


def tree(files: dict[str, str], name: str = "pair", digest: str = "sha256:0") -> Tree:
    """Return a tree; a file whose path ends in `.sh` is executable."""
    return Tree(name, tuple(Artifact(path, text, path.endswith(".sh")) for path, text in files.items()), digest)


OLD = tree({"README.md": "old\n", "shell/up.sh": "old up\n", "shell/down.sh": "same\n", "gone/a": "a\n"}, digest="1")
NEW = tree({"README.md": "new\n", "shell/up.sh": "new up\n", "shell/down.sh": "same\n", "compose/b": "b\n"}, digest="2")


def seen(folder: Path) -> dict[str, str]:
    """Return every path below a folder with what stands there: text and executable bit, link target, or "folder"."""
    return {str(path.relative_to(folder)): _what(path) for path in sorted(folder.rglob("*"))}


def wanted(tree: Tree) -> dict[str, str]:
    """Return what `seen` says of a folder that holds this tree and nothing else."""
    folders = {str(above): "folder" for path in tree.files for above in Path(path).parents if above.name}
    files = {path: ("*" if file.executable else "") + file.content.decode() for path, file in tree.files.items()}
    return folders | files


def _what(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"-> {path.readlink()}"
    if stat.S_ISDIR(mode):
        return "folder"
    return ("*" if mode & stat.S_IXUSR else "") + path.read_text()
