"""Find the specs that a call means, and compile them: one after the other, or many at once on all cores."""

from __future__ import annotations

import datetime
import gc
import os
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from sparkc.cli.toolbox import toolbox
from sparkc.driver import Compilation, Toolbox, compile_spec, cross_check
from sparkc.findings import Finding, SparkcError
from sparkc.source.project import Plugins, Project, find_project

# Starting a process costs about as much as compiling two specs.
WORTH_PROCESSES = 8
SUFFIXES = (".yaml", ".yml")


def project_of(specs: Sequence[Path]) -> Project:
    """Return the project of the specs that were named, or of the folder that the user stands in."""
    return find_project(specs[0] if specs else Path.cwd())


def specs_of(project: Project) -> list[Path]:
    """Return every spec of a project, sorted.

    Raises:
        SparkcError: a spec folder is missing.
    """
    found: list[Path] = []
    for folder in project.specs:
        path = project.root / folder
        if not path.is_dir():
            raise SparkcError(
                f"there is no folder `{folder}` in {project.root}; name a spec, or begin with `sparkc init`"
            )
        found += [file for file in sorted(path.iterdir()) if file.suffix in SUFFIXES and file.is_file()]
    return found


def compile_all(
    specs: Sequence[Path], project: Project, today: datetime.date, engine_version: str | None = None
) -> list[Compilation]:
    """Compile specs, in the order in which they are given; with another engine version pinned where one is given."""
    compile_one = partial(
        _compile, root=project.root, plugins=project.plugins, today=today, engine_version=engine_version
    )
    if len(specs) < WORTH_PROCESSES:
        return [compile_one(spec) for spec in specs]
    gc.enable()  # many specs live long enough for it to pay
    workers = min(os.cpu_count() or 1, len(specs) // 2)
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(compile_one, specs, chunksize=max(1, len(specs) // (workers * 4))))


def compile_changed(spec: Path, project: Project, today: datetime.date, changes: Mapping[str, str]) -> Compilation:
    """Compile one spec with YAML texts laid over it, by the name that findings show for them."""
    return compile_spec(spec, project.root, _tools(project.plugins), today, changes=changes)


def findings_of(project: Project, compilations: Sequence[Compilation]) -> list[Finding]:
    """Return everything there is to say: about the project file, each spec, and specs in each other's way."""
    own = [finding for compilation in compilations for finding in compilation.findings]
    return [*project.findings, *own, *cross_check(compilations)]


@cache
def _tools(plugins: Plugins) -> Toolbox:
    return toolbox(plugins)


def _compile(spec: Path, root: Path, plugins: Plugins, today: datetime.date, engine_version: str | None) -> Compilation:
    return compile_spec(spec, root, _tools(plugins), today, engine_version=engine_version)
