"""Write YAML from values, with a reason as a comment above each value that has one.

Values are dumped, never indented by hand; comments are laid in afterwards, on lines of their own, at the places where
the parser finds the keys. So reading the file back gives exactly the values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from sparkc.source.yaml12 import Loader
from sparkc_targets.quoting import Quoted, comment

Path = tuple[str | int, ...]

# Read as a string by YAML 1.1 and 1.2 alike, unless it is one of the words (yes, null) that PyYAML then quotes itself.
_PLAIN = re.compile(r"[A-Za-z/_][A-Za-z0-9_./@:-]*[A-Za-z0-9_/]")


@dataclass(frozen=True)
class Noted:
    """A value, and why it is there. Stands as the value of a key or as an item of a list."""

    value: Any  # whatever YAML knows
    why: str


def values_of(tree: Any) -> Any:  # plain YAML values, any depth
    """Return the tree without its reasons."""
    if isinstance(tree, Noted):
        return values_of(tree.value)
    if isinstance(tree, Mapping):
        return {key: values_of(value) for key, value in tree.items()}
    if isinstance(tree, Sequence) and not isinstance(tree, str):
        return [values_of(item) for item in tree]
    return tree


def dump(tree: Mapping[str, Any]) -> Quoted:
    """Return the tree as YAML that ends with a newline."""
    text = yaml.dump(
        values_of(tree), Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=float("inf"), indent=2
    )
    lines = text.split("\n")
    # From the last to the first, so that a comment moves no place that is still to come.
    for line, why in sorted(_places(yaml.compose(text, Loader), dict(_reasons(tree))), reverse=True):
        indent = " " * (len(lines[line]) - len(lines[line].lstrip(" ")))
        lines.insert(line, f"{indent}# {comment(why)}")
    return Quoted("\n".join(lines))


def _reasons(tree: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(tree, Noted):
        yield path, tree.why
        yield from _reasons(tree.value, path)
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _reasons(value, (*path, key))
    elif isinstance(tree, Sequence) and not isinstance(tree, str):
        for index, item in enumerate(tree):
            yield from _reasons(item, (*path, index))


def _places(node: Any, reasons: Mapping[Path, str], path: Path = ()) -> Iterator[tuple[int, str]]:
    """Yield line and reason for each value that has one."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, key.value)
            if below in reasons:
                yield key.start_mark.line, reasons[below]
            yield from _places(value, reasons, below)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            below = (*path, index)
            if below in reasons:
                yield item.start_mark.line, reasons[below]
            yield from _places(item, reasons, below)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that some reader of YAML might take for something else, and spells it in ASCII."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _PLAIN.fullmatch(text) else '"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Quoted, _text)
