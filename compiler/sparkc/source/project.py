"""The project around the specs: `sparkc.toml`, and the folder it stands in."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from sparkc.findings import Finding, KeyPath, Severity, SparkcError
from sparkc.source.files import read
from sparkc.source.spelling import nearest, shown

FILE_NAME = "sparkc.toml"


@dataclass(frozen=True)
class Plugins:
    """Entry-point names of rules and targets from other distributions. Nothing else is looked up."""

    rules: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """What `sparkc.toml` says.

    Args:
        root: absolute; paths that people see are relative to it.
        specs: folders below `root` that hold specs.
        output: folder below `root` that the writer owns.
        plugins: what to look up in the entry points.
        findings: what is wrong with the file. A setting that is wrong has its default here.
    """

    root: Path
    specs: tuple[str, ...] = ("specs",)
    output: str = "generated"
    plugins: Plugins = Plugins()
    findings: tuple[Finding, ...] = ()


def find_project(start: Path) -> Project:
    """Return the project that a file or folder belongs to: that of the nearest `sparkc.toml` above it.

    Where there is none, the folder itself is a project with the defaults.

    Raises:
        SparkcError: the file cannot be read or is not TOML.
    """
    # Not resolve(): a spec reached through a link belongs to the project in which the link stands, as the user sees it.
    here = Path(os.path.abspath(start))  # noqa: PTH100
    folder = here if _is(here, Path.is_dir) else here.parent
    for root in (folder, *folder.parents):
        if _is(root / FILE_NAME, Path.is_file):
            return _project(root, _tables(root / FILE_NAME))
    return Project(folder)


def _is(path: Path, kind: Callable[[Path], bool]) -> bool:
    """Ask what a path is; before Python 3.14, `is_file` raises for a folder that may not be searched."""
    try:
        return kind(path)
    except OSError:
        return False


def _tables(path: Path) -> dict[str, Any]:  # Any: TOML holds what the author wrote
    text, findings = read(path, FILE_NAME)
    if text is None:
        raise SparkcError(f"cannot read {FILE_NAME}: {findings[0].message}")
    try:
        return tomllib.loads(text)
    except ValueError as trouble:  # TOMLDecodeError, or an integer of more than 4300 digits
        raise SparkcError(f"{FILE_NAME} is not TOML: {trouble}") from trouble
    except RecursionError:  # tomllib calls itself for each bracket
        raise SparkcError(f"{FILE_NAME} is not TOML that can be read: brackets are nested too deep") from None


def _project(root: Path, table: dict[str, Any]) -> Project:  # Any: as above
    top = _Section(table, (), ("specs", "output", "plugins"))
    plugins = _Section(top.table("plugins"), ("plugins",), ("rules", "targets"))
    specs = top.texts("specs", ("specs",), must_be_folders=True)
    output = top.folder("output", "generated")
    if PurePosixPath(output) in (PurePosixPath("."), *(PurePosixPath(folder) for folder in specs)):
        top.report(
            "output", f"output is {shown(output)}, where other files stand", "name a folder that only sparkc fills"
        )
        output = "generated"
    return Project(
        root,
        specs,
        output,
        Plugins(plugins.texts("rules", ()), plugins.texts("targets", ())),
        (*top.findings, *plugins.findings),
    )


class _Section:
    """One table of the file, read key by key; what is wrong is collected."""

    def __init__(self, table: dict[str, Any], at: KeyPath, known: tuple[str, ...]) -> None:  # Any: as above
        self.values = table
        self.at = at
        self.findings: list[Finding] = []
        for key in table:
            if key not in known:
                self.report_unknown(key, known)

    def table(self, key: str) -> dict[str, Any]:  # Any: as above
        value = self.values.get(key, {})
        if isinstance(value, dict):
            return value
        self.report(key, f"found {_kind(value)}, wanted a table", f"write `[{key}]` on a line of its own")
        return {}

    def texts(self, key: str, default: tuple[str, ...], must_be_folders: bool = False) -> tuple[str, ...]:
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            found = "a list that holds other things or empty text" if isinstance(value, list) else _kind(value)
            self.report(key, f"found {found}, wanted a list of texts", f'write `{key} = ["…"]`')
            return default
        strays = [item for item in value if must_be_folders and not _is_below_the_project(item)]
        for item in strays:
            self.report_outside(key, item)
        return default if strays else tuple(value)

    def folder(self, key: str, default: str) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str):
            self.report(key, f"found {_kind(value)}, wanted the name of a folder", f'write `{key} = "{default}"`')
            return default
        if not _is_below_the_project(value):
            self.report_outside(key, value)
            return default
        return value

    def report(self, key: str, message: str, help: str) -> None:
        path = (*self.at, key)
        name = ".".join(map(str, path))
        self.findings.append(
            Finding("project-file", Severity.ERROR, f"{FILE_NAME}: {shown(name)}: {message}", key=path, help=help)
        )

    def report_outside(self, key: str, value: str) -> None:
        self.report(
            key,
            f"found the path {shown(value)}, wanted a folder below the project",
            "write it relative to the folder of sparkc.toml, with `/`, without `..`",
        )

    def report_unknown(self, key: str, known: tuple[str, ...]) -> None:
        meant = nearest(key, known)
        help = f"did you mean `{meant}`?" if meant else f"delete it; known are {', '.join(known)}"
        self.report(key, "no such setting", help)


def _kind(value: object) -> str:
    kinds = {str: "text", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")


def _is_below_the_project(folder: str) -> bool:
    is_absolute = PurePosixPath(folder).is_absolute() or bool(PureWindowsPath(folder).anchor)
    has_odd_parts = ".." in PurePosixPath(folder).parts or "\\" in folder or "\0" in folder
    return bool(folder) and not is_absolute and not has_odd_parts
