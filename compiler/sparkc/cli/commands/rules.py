"""`sparkc rules`: every gotcha that a spec is checked against."""

from __future__ import annotations

import typer


def rules_command() -> None:
    """List the rules, one line each; `sparkc explain RULE` shows one whole."""
    from sparkc.cli.compiling import project_of
    from sparkc.cli.toolbox import toolbox

    rules = sorted(toolbox(project_of([]).plugins).rules, key=lambda rule: rule.name)
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        proposes = " (proposes)" if rule.settle is not None else ""
        typer.echo(f"{rule.name:<{width}}  {rule.severity.value:<7}  {rule.failure.value:<6}  {rule.summary}{proposes}")
