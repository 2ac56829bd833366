"""Render Jinja templates in which every printed value must have been quoted for its place."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sparkc_targets import quoting
from sparkc_targets.precompiled import Precompiled
from sparkc_targets.reason import because


class UnquotedError(TypeError):
    """A template prints a value that went through no quoting filter: a bug of the template."""


def _only_quoted(value: object) -> quoting.Quoted:
    if isinstance(value, quoting.Quoted):
        return value
    raise UnquotedError(f"a template prints {value!r} without a quoting filter")


@cache
def environment() -> Environment:
    """Return the one Jinja environment; templates are named from this package's folder (`node/templates/run.sh.j2`).

    Bash is full of `{#` (as in `${#array[@]}`), so a template's comments stand between `<#--` and `--#>`.
    """
    jinja = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        bytecode_cache=Precompiled(Path(__file__).parent),
        undefined=StrictUndefined,
        finalize=_only_quoted,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        comment_start_string="<#--",
        comment_end_string="--#>",
    )
    jinja.filters |= {
        "sh": quoting.sh,
        "sh_words": quoting.sh_words,
        "because": because,
        "comment": quoting.comment,
        "python": quoting.python,
        "markdown": quoting.markdown,
        "markdown_code": quoting.markdown_code,
        "mermaid": quoting.mermaid,
    }
    return jinja


def render(name: str, **values: object) -> str:
    """Return the rendered template.

    Raises:
        UnquotedError: it prints a value without a quoting filter.
        jinja2.UndefinedError: it names a value that was not given.
    """
    return environment().get_template(name).render(**values)
