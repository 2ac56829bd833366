"""`sparkc build`: compile specs, and write or check what comes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import datetime

    from sparkc.driver import Compilation
    from sparkc.source.project import Project
    from sparkc.writer.checking import Drift
    from sparkc.writer.writing import Written


def build_command(
    specs: Annotated[
        list[Path] | None, typer.Argument(help="Specs to compile; all of the project when absent.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; tell whether anything would change.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over files that were edited by hand.")] = False,
) -> None:
    """Compile specs into launch artifacts below the output folder, and remove what is wanted no more."""
    import datetime

    from sparkc.cli.compiling import compile_all, findings_of, project_of, specs_of
    from sparkc.cli.printing import print_findings, status_of, texts_of
    from sparkc.findings import Severity

    project = project_of(specs or [])
    today = datetime.date.today()
    before = Before.of(project, today) if check else None
    paths = specs or specs_of(project)
    compilations = compile_all(paths, project, today)
    findings = findings_of(project, compilations)
    clashing = {finding.span.path for finding in findings if finding.rule in CLASHES and finding.span is not None}
    # Notes and what is allowed are for `check` and the runbook: a build that is fine stays quiet.
    open_ones = [one for one in findings if one.allowed is None and one.severity is not Severity.NOTE]
    print_findings(open_ones, texts_of(compilations))
    fit = [one for one in compilations if one.tree is not None and one.spec not in clashing]
    is_whole = not specs and len(fit) == len(compilations)
    if check:
        lines, is_clean = _check(project, fit, whole=is_whole)
    else:
        lines, is_clean = _write(project, fit, whole=is_whole, force=force)
    answer = "".join(f"{line}\n" for line in lines)
    typer.echo(answer, nl=False)
    status = status_of(findings) or (0 if is_clean else 1)
    if before and status == 0 and not open_ones:
        _remember(before, compilations, answer)
    raise typer.Exit(status)


CLASHES = ("name-taken", "container-name-taken")
"""Findings between two specs: neither is written, whatever its own findings say."""


@dataclass(frozen=True)
class Before:
    """What the verdict hangs on beside the specs themselves, taken before any of them is read."""

    project: Project
    project_file: bytes | None
    folders: dict[str, list[str]]
    code: str
    today: datetime.date

    @classmethod
    def of(cls, project: Project, today: datetime.date) -> Before:
        """Look at the project as it is now."""
        from sparkc.cli.known_fine import PROJECT_FILE, stamp

        file = project.root / PROJECT_FILE
        searched = [*project.specs, project.output]
        return cls(
            project=project,
            project_file=file.read_bytes() if file.is_file() else None,
            folders={
                folder: [entry.name for entry in (project.root / folder).iterdir()]
                for folder in searched
                if (project.root / folder).is_dir()
            },
            code=stamp(),
            today=today,
        )


def _write(
    project: Project, compilations: Sequence[Compilation], *, whole: bool, force: bool
) -> tuple[list[str], bool]:
    from sparkc.writer import orphan_trees, remove_tree, write

    root = project.root / project.output
    lines: list[str] = []
    is_clean = True
    for compilation in compilations:
        assert compilation.tree is not None
        written = write(root, compilation.tree, force=force)
        lines += _written_lines(f"{project.output}/{compilation.tree.name}", written)
        is_clean = is_clean and not written.refused
    for name in orphan_trees(root, _names(compilations)) if whole else ():
        removed = remove_tree(root, name, force=force)
        lines += _written_lines(f"{project.output}/{name}", removed)
        is_clean = is_clean and not removed.refused
    return lines, is_clean


def _check(project: Project, compilations: Sequence[Compilation], *, whole: bool) -> tuple[list[str], bool]:
    from sparkc.writer import check, orphan_trees

    root = project.root / project.output
    lines: list[str] = []
    is_clean = True
    for compilation in compilations:
        assert compilation.tree is not None
        drift = check(root, compilation.tree)
        lines += _drift_lines(f"{project.output}/{compilation.tree.name}", drift)
        is_clean = is_clean and drift.is_none
    for name in orphan_trees(root, _names(compilations)) if whole else ():
        lines.append(f"orphan   {project.output}/{name}: no spec makes it any more; `sparkc build` removes it")
        is_clean = False
    if is_clean and compilations:
        count = len(compilations)
        lines.append(f"{count} deployment{'s' if count > 1 else ''} up to date")
    return lines, is_clean


def _written_lines(folder: str, written: Written) -> Iterator[str]:
    changes = [
        f"{len(paths)} {word}"
        for word, paths in (("created", written.created), ("changed", written.changed), ("removed", written.removed))
        if paths
    ]
    if written.refused:
        yield f"{folder}: nothing written"
        for clash in written.refused:
            yield f"  {clash.path} {clash.why.value}"
        yield "  keep your change by moving it into the spec, or write over it with `sparkc build --force`"
        return
    yield f"{folder}: {', '.join(changes) or 'unchanged'}" + (
        f", {len(written.unchanged)} unchanged" if changes else ""
    )


def _drift_lines(folder: str, drift: Drift) -> Iterator[str]:
    for path in drift.stale:
        yield f"stale    {folder}/{path}"
    for clash in drift.edited:
        yield f"edited   {folder}/{clash.path} {clash.why.value}"
    for path in drift.missing:
        yield f"missing  {folder}/{path}"
    for path in drift.orphans:
        yield f"orphan   {folder}/{path}"


def _names(compilations: Sequence[Compilation]) -> list[str]:
    return [compilation.tree.name for compilation in compilations if compilation.tree is not None]


def _remember(before: Before, compilations: Sequence[Compilation], answer: str) -> None:
    """Note that everything is up to date, for the next call. Only when the user stands in the project's folder."""
    import sys

    from sparkc.cli.known_fine import PROJECT_FILE, question_of
    from sparkc.writer.uptodate import remember

    project = before.project
    if Path.cwd() != project.root or project.plugins.rules or project.plugins.targets:
        return  # a plug-in's own code is not in the stamp
    inputs: dict[str, bytes | None] = {PROJECT_FILE: before.project_file}
    for compilation in compilations:
        for shown, text in compilation.texts.items():
            content = (project.root / shown).read_bytes()
            if content.decode("utf-8-sig", errors="replace") != text:
                return  # saved while it was compiled: what stands there now was not what was judged
            inputs[shown] = content
    output = project.root / project.output
    remember(
        project.root,
        question_of(sys.argv[1:]),
        answer,
        code=before.code,
        inputs=inputs,
        folders=before.folders,
        trees={str(output / one.tree.name): one.tree for one in compilations if one.tree is not None},
        today=before.today,
        good_through=min((one.expires for one in compilations if one.expires is not None), default=None),
    )
