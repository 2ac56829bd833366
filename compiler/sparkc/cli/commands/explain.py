"""`sparkc explain`: why a setting, or a line of a generated file, is there; or a rule's page."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sparkc.artifact import Artifact
    from sparkc.driver import Compilation, Launch


def explain_command(
    what: Annotated[str, typer.Argument(metavar="RULE|SPEC", help="A rule; or the spec that WHAT belongs to.")],
    setting: Annotated[
        str | None,
        typer.Argument(
            metavar="[WHAT]", help="A flag, variable, path, step, rule or key of the spec, or FILE:LINE of its output."
        ),
    ] = None,
    variant: Annotated[str | None, typer.Option("--variant", help="A variant of the spec instead of its base.")] = None,
) -> None:
    """Tell why something is there: who decided it, the reason, and where that is known from."""
    text = _rule_page(what) if setting is None else _explanation(Path(what), setting, variant)
    typer.echo(text, nl=False)


def _rule_page(name: str) -> str:
    from sparkc.cli.compiling import project_of
    from sparkc.cli.toolbox import toolbox
    from sparkc.findings import SparkcError
    from sparkc.source.spelling import nearest, shown

    rules = {rule.name: rule for rule in toolbox(project_of([]).plugins).rules}
    if name in rules:
        from sparkc.rules.page import page

        return page(rules[name])
    if Path(name).is_file():
        raise SparkcError(f"say what of {shown(name)} to explain: sparkc explain SPEC WHAT")
    guess = nearest(name, rules)
    hint = f"did you mean `{guess}`?" if guess else "`sparkc rules` lists them"
    raise SparkcError(f"there is no rule {shown(name)}; {hint}", status=1)


def _explanation(spec: Path, what: str, variant: str | None) -> str:
    import datetime

    from sparkc.cli.compiling import compile_all, project_of
    from sparkc.cli.launches import launch_of
    from sparkc.cli.printing import print_findings, status_of, texts_of
    from sparkc.findings import SparkcError
    from sparkc.report.explanation import found, nearest_name, told
    from sparkc.source.spelling import shown

    project = project_of([spec])
    [compilation] = compile_all([spec], project, datetime.date.today())
    line = _line_of_output(compilation, what, project.output)
    if line is not None:
        return _line_explained(*line)
    launch = launch_of(compilation, variant)
    if launch is None or launch.plan is None:
        print_findings(compilation.findings, texts_of([compilation]))
        raise typer.Exit(status_of(compilation.findings))
    chosen = found(launch.plan, what)
    if chosen:
        return told(chosen)
    guess = nearest_name(launch.plan, what)
    hint = f"; did you mean `{guess}`?" if guess else ""
    raise SparkcError(f"nothing in {launch.plan.title} is called {shown(what)}{hint}", status=1)


# --- FILE:LINE -------------------------------------------------------------------------------------------------------


def _line_of_output(compilation: Compilation, what: str, output: str) -> tuple[Launch, Artifact, int] | None:
    """Return launch, file and line that FILE:LINE means; None when it names no file of this spec."""
    match = re.fullmatch(r"(.+):([0-9]{1,9})", what)
    if match is None or compilation.tree is None:
        return None
    wanted = PurePath(match[1]).parts
    folder = (*PurePath(output).parts, compilation.tree.name)
    for artifact in compilation.tree.artifacts:
        parts = PurePath(artifact.path).parts
        if wanted == parts or (wanted[-len(parts) :] == parts and _ends_alike(wanted[: -len(parts)], folder)):
            return _launch_around(compilation, parts), artifact, int(match[2])
    return None


def _ends_alike(front: tuple[str, ...], folder: tuple[str, ...]) -> bool:
    """Tell whether what stands before a file's own path can be the deployment's folder, absolute or relative."""
    shared = min(len(front), len(folder))
    return front[-shared:] == folder[-shared:]


def _launch_around(compilation: Compilation, parts: tuple[str, ...]) -> Launch:
    """Return the variant in whose folder a file lies, else the base, which lies in the deployment's own."""
    by_name = {launch.variant: launch for launch in compilation.launches}
    return by_name.get(parts[0]) or by_name[None]


def _line_explained(launch: Launch, artifact: Artifact, number: int) -> str:
    from sparkc.findings import SparkcError
    from sparkc.report.explanation import comment_beside, found_on_line, lines_of_value, told
    from sparkc.report.visible import spelled_out

    assert launch.plan is not None
    count = artifact.text.count("\n")
    if not 1 <= number <= count:
        raise SparkcError(f"{artifact.path} has {count} lines, found line {number}", status=1)
    for line in lines_of_value(artifact.path, artifact.text, number):
        chosen = found_on_line(launch.plan, artifact.path, artifact.text, line)
        if chosen:
            return told(chosen)
        comment = comment_beside(artifact.text, line)
        if comment:
            return f"no setting of the plan; the file itself says: {spelled_out(comment)}\n"
    raise SparkcError(f"line {number} of {artifact.path} spells no setting; try a line near it", status=1)
