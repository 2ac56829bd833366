"""YAML 1.2 text to values with places, from the parser's event stream.

Nothing here calls itself for nested text, and every loop is bounded by a limit below: no text can stall the compiler
or exhaust the stack. (PyYAML's own composer recurses; 100,000 open brackets crash it.)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import yaml

from sparkc.findings import Finding, Remark, Severity, Span
from sparkc.source.characters import directives, forbidden_characters
from sparkc.source.core_schema import OutOfRangeError, is_text, resolve
from sparkc.source.files import MAX_BYTES, too_large
from sparkc.source.node import Entry, Mapping, Node, Scalar, Sequence, kind_of
from sparkc.source.spelling import shown
from sparkc.source.syntax_error import syntax_error

# The deepest real place in a spec is about 8 (a JSON value inside `args` of a role of a variant). Later passes may
# recurse over the values: 64 levels stay far from Python's limit of 1000 frames.
MAX_DEPTH = 64

# Values after aliases are expanded: a spec for 8 nodes has under 1000. Bounds what every later pass walks over, so
# "a billion laughs" stops at the alias that goes beyond.
MAX_VALUES = 20_000

# An alias saves a person some typing. A text with more of them was written by a program, which need not use any.
MAX_ALIASES = 1000

Loader: type[yaml.CSafeLoader] | type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser: libyaml where PyYAML was built with it, else the slower one in Python."""


def parse(text: str, path: str, layer: str) -> tuple[Mapping | None, list[Finding]]:
    """Return the mapping that a text holds, and everything that is wrong with the text.

    The mapping is None when the text as a whole could not be understood. Otherwise it can be used further even where
    there are findings, so that all problems are reported at once: of duplicate keys it holds the first, keys that are
    not text are left out, and a number out of range is kept as text.

    Args:
        text: anything.
        path: how places call the file.
        layer: what the values say about their origin.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        return None, [too_large(path, f"{len(text):,} characters")]
    refused = [*forbidden_characters(text, path), *directives(text, path)]
    if refused:
        return None, refused
    return _Builder(path, layer).build(text)


@dataclass(frozen=True)
class _Anchored:
    """A finished value that aliases may repeat; `values` and `depth` count its expansion."""

    node: Node
    values: int
    depth: int


@dataclass
class _OpenSequence:
    """A list whose end has not come yet."""

    event: yaml.SequenceStartEvent
    values_before: int
    depth: int = 1
    items: list[Node] = field(default_factory=list)
    last: Span | None = None


@dataclass
class _OpenMapping:
    """A mapping whose end has not come yet. `key` is None for a key that was reported and is left out."""

    event: yaml.MappingStartEvent
    values_before: int
    depth: int = 1
    entries: dict[str, Entry] = field(default_factory=dict)
    key: Scalar | None = None
    awaits_value: bool = False
    last: Span | None = None


class _RefusedError(Exception):
    """Reading on would be costly or pointless."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class _Builder:
    """Turns events into nodes, with a stack of its own."""

    def __init__(self, path: str, layer: str) -> None:
        self.path = path
        self.layer = layer
        self.findings: list[Finding] = []
        self.open: list[_OpenSequence | _OpenMapping] = []
        self.anchors: dict[str, _Anchored | None] = {}  # None until the anchored value is complete
        self.values = 0
        self.aliases = 0
        self.root: Node | None = None
        self.aliases_hold = True

    def build(self, text: str) -> tuple[Mapping | None, list[Finding]]:
        """Return what `parse` returns."""
        try:
            for event in yaml.parse(text, Loader):
                self.take(event)
        except yaml.MarkedYAMLError as trouble:
            return None, [*self.findings, syntax_error(trouble, text, self.path, self.open_bracket)]
        except _RefusedError as refused:
            return None, [*self.findings, refused.finding]
        if self.root is None:
            self.report(_empty(Span(self.path, 1, 1, 1, 1)))
        elif not isinstance(self.root, Mapping):
            self.report(_not_a_mapping(self.root))
        elif self.aliases_hold:
            return self.root, self.findings
        return None, self.findings

    def take(self, event: yaml.Event) -> None:
        """Take in the next event."""
        if isinstance(event, yaml.ScalarEvent):
            self.take_scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self.enter(_OpenMapping(event, self.values))
        elif isinstance(event, yaml.SequenceStartEvent):
            self.enter(_OpenSequence(event, self.values))
        elif isinstance(event, yaml.CollectionEndEvent):
            self.leave(event)
        elif isinstance(event, yaml.AliasEvent):
            self.take_alias(event)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise _RefusedError(_several_documents(self.span(event)))

    def take_scalar(self, event: yaml.ScalarEvent) -> None:
        span = self.span(event)
        self.count(1, span)
        self.report_tag(event, span)
        node = self.scalar(event.value, span, is_plain=not event.style)
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(node or self.nothing(span), values=1, depth=0)
        self.hand_over(node, span, depth=0)

    def scalar(self, text: str, span: Span, is_plain: bool) -> Scalar | None:
        """Return the value, or None for a key that cannot be used."""
        if not is_plain:
            return Scalar(text, text, span, self.layer)
        if self.expects_key:
            if text == "<<":
                self.report(_merge_key(span))
                return None
            if not is_text(text):
                self.report(_key_is_not_text(shown(text) if text else "nothing", span))
                return None
        try:
            return Scalar(resolve(text), text, span, self.layer)
        except OutOfRangeError as reason:
            self.report(_out_of_range(text, str(reason), span))
            return Scalar(text, text, span, self.layer)

    def enter(self, collection: _OpenSequence | _OpenMapping) -> None:
        event = collection.event
        span = self.span(event)
        self.count(1, span)
        self.report_tag(event, span)
        if len(self.open) >= MAX_DEPTH:
            raise _RefusedError(_too_deep(span))
        if event.anchor:
            self.anchors[event.anchor] = None
        self.open.append(collection)

    def leave(self, event: yaml.CollectionEndEvent) -> None:
        done = self.open.pop()
        span = self.span(done.event, event)
        if done.last and not done.event.flow_style:
            # The end of a block is where its last value ends; the parser says where the next thing begins.
            span = replace(span, end_line=done.last.end_line, end_column=done.last.end_column)
        node: Node
        if isinstance(done, _OpenMapping):
            node = Mapping(tuple(done.entries.values()), span, self.layer)
        else:
            node = Sequence(tuple(done.items), span, self.layer)
        if done.event.anchor:
            self.anchors[done.event.anchor] = _Anchored(node, self.values - done.values_before, done.depth)
        self.hand_over(node, span, done.depth)

    def take_alias(self, event: yaml.AliasEvent) -> None:
        span = self.span(event)
        name = event.anchor or ""
        self.aliases += 1
        anchored = self.anchors.get(name)
        if anchored is None:
            self.aliases_hold = False
            self.report(_alias_loop(name, span) if name in self.anchors else _unknown_anchor(name, span))
            self.count(1, span)
            return self.hand_over(None, span, depth=0)
        if self.aliases > MAX_ALIASES or self.values + anchored.values > MAX_VALUES:
            raise _RefusedError(_too_many_aliases(span))
        if len(self.open) + anchored.depth > MAX_DEPTH:
            raise _RefusedError(_too_deep(span))
        self.count(anchored.values, span)
        return self.hand_over(replace(anchored.node, span=span), span, anchored.depth)

    def hand_over(self, node: Node | None, span: Span, depth: int) -> None:
        """Give a finished value to the collection around it. None is a value that was reported and is left out."""
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        parent.last = span
        parent.depth = max(parent.depth, depth + 1)
        if isinstance(parent, _OpenSequence):
            parent.items.append(node or self.nothing(span))
        elif not parent.awaits_value:
            parent.key, parent.awaits_value = self.usable_key(node, parent), True
        else:
            parent.awaits_value = False
            if parent.key:
                key = parent.key.text
                parent.entries[key] = Entry(key, parent.key.span, node or self.nothing(span))

    def usable_key(self, node: Node | None, parent: _OpenMapping) -> Scalar | None:
        if node is None:
            return None
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self.report(_key_is_not_text(kind_of(node), node.span))
            return None
        first = parent.entries.get(node.text)
        if first:
            self.report(_duplicate_key(node, first))
            return None
        return node

    @property
    def open_bracket(self) -> Span | None:
        """Return the place of the innermost bracket that is not closed yet."""
        brackets = [collection.event for collection in self.open if collection.event.flow_style]
        return self.span(brackets[-1]) if brackets else None

    @property
    def expects_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1], _OpenMapping) and not self.open[-1].awaits_value

    def nothing(self, span: Span) -> Scalar:
        return Scalar(None, "", span, self.layer)

    def report(self, finding: Finding) -> None:
        self.findings.append(finding)

    def report_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, span: Span) -> None:
        if event.tag:
            self.report(_tag(event.tag, span))

    def count(self, values: int, span: Span) -> None:
        self.values += values
        if self.values > MAX_VALUES:
            raise _RefusedError(_too_many_values(span))

    def span(self, first: yaml.Event, last: yaml.Event | None = None) -> Span:
        start, end = first.start_mark, (last or first).end_mark
        assert start, "the parser marks every event; only hand-made ones have no mark"
        assert end, "as above"
        return Span(self.path, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _error(rule: str, message: str, help: str, span: Span, *remarks: Remark) -> Finding:
    return Finding(rule, Severity.ERROR, message, span=span, help=help, remarks=remarks)


def _empty(span: Span) -> Finding:
    return _error(
        "empty-spec",
        "this file says nothing; wanted `key: value` lines",
        "write the keys; `sparkc init` prints a commented spec to begin with",
        span,
    )


def _not_a_mapping(root: Node) -> Finding:
    return _error(
        "not-a-mapping",
        f"found {kind_of(root)}, wanted `key: value` lines",
        "begin each line with a key, a colon and a blank",
        root.span,
    )


def _several_documents(span: Span) -> Finding:
    return _error(
        "several-documents",
        "found a second document in this file, wanted one",
        "put each spec into a file of its own; what differs a little fits into `variants`",
        span,
    )


def _too_deep(span: Span) -> Finding:
    return _error("too-deep", f"found values nested more than {MAX_DEPTH} deep", "nest less deep", span)


def _too_many_values(span: Span) -> Finding:
    return _error(
        "too-large",
        f"found more than {MAX_VALUES:,} values in one file",
        "check that this is the right file; what many specs share goes into a parent that they name in `extends`",
        span,
    )


def _too_many_aliases(span: Span) -> Finding:
    return _error(
        "too-many-aliases",
        f"this alias makes more than {MAX_ALIASES:,} aliases, or more than {MAX_VALUES:,} values in all",
        "write the values out, or share them with `extends` and `variants`",
        span,
    )


def _unknown_anchor(name: str, span: Span) -> Finding:
    return _error(
        "unknown-anchor",
        f"no value above is anchored as {shown('&' + name)}",
        f"mark the value that is meant with {shown('&' + name)}, or put the text in quotes if it begins with `*`",
        span,
    )


def _alias_loop(name: str, span: Span) -> Finding:
    return _error("alias-loop", f"{shown('*' + name)} stands inside the value it repeats", "write the value out", span)


def _key_is_not_text(found: str, span: Span) -> Finding:
    return _error("key-is-not-text", f"found {found} as a key, wanted text", "put the key in quotes", span)


def _duplicate_key(key: Scalar, first: Entry) -> Finding:
    return _error(
        "duplicate-key",
        f"the key {shown(key.text)} is here a second time",
        "keep one of the two",
        key.span,
        Remark(first.key_span, "first named here"),
    )


def _merge_key(span: Span) -> Finding:
    return _error(
        "merge-key",
        "found `<<`, which YAML 1.2 does not have",
        "share values with `extends` or `variants`, or repeat one value with an alias",
        span,
    )


def _tag(tag: str, span: Span) -> Finding:
    return _error(
        "tag-without-meaning",
        f"found the tag {shown(tag.replace('tag:yaml.org,2002:', '!!'))}; a spec has no tags",
        "delete it; text that looks like a number, or begins with `!`, goes in quotes",
        span,
    )


def _out_of_range(text: str, reason: str, span: Span) -> Finding:
    return _error(
        "number-out-of-range",
        f"{shown(text)} {reason}",
        "write a number in range, or put it in quotes where it is meant as text",
        span,
    )
