"""Gather the files that make up one spec: its parents, its cluster, its variants; all laid over each other untyped.

Order: parent < cluster < the file itself < variant. Of several `cluster` keys in a chain the one nearest to the spec
counts, and its file is laid over the parents of the file that names it.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping as Lookup
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from sparkc.findings import Finding, KeyPath, Remark, Severity, Span
from sparkc.source.document import Document
from sparkc.source.files import read
from sparkc.source.node import Mapping, Node, Scalar, kind_of, relabelled_mapping
from sparkc.source.overlay import is_null, overlay, unused_nulls
from sparkc.source.spelling import nearest, shown
from sparkc.source.yaml12 import parse

CLUSTER_KEYS = ("nodes", "interconnect")
"""What a cluster file may hold."""

NOT_INHERITED = ("name", "abstract", "extends", "cluster")
"""Keys of a parent that say something about that file alone. (Its cluster is taken over, but as a layer.)"""

NOT_IN_A_VARIANT = ("apiVersion", "name", "abstract", "extends", "cluster", "variants")
"""Keys that only a file can have."""


@dataclass(frozen=True)
class Layered:
    """One spec with everything that it stands on.

    Args:
        base: all files merged, without `extends`, `cluster` and `variants`. None when one of them could not be read:
            what is missing there would be blamed on the author.
        variants: each overlay alone, in the author's order, inherited ones first.
        text: what each file says, by the path that spans show; for carets.
        findings: what is wrong with the texts and how they are joined.
        sources: all files that were read, the spec first; for caching.
        cluster: the cluster file as spans show it, if there is one.
    """

    base: Document | None
    variants: tuple[tuple[str, Document], ...]
    text: Lookup[str, str]
    findings: tuple[Finding, ...]
    sources: tuple[Path, ...]
    cluster: str | None

    def variant(self, name: str) -> Document:
        """Return the base with a variant laid over it.

        Raises:
            KeyError: there is no such variant, or no base.
        """
        top = dict(self.variants)[name]
        if self.base is None:
            raise KeyError(name)
        return Document(overlay(self.base.root, top.root))


def load(path: Path, root: Path) -> Layered:
    """Return a spec and all it stands on.

    Args:
        path: the spec.
        root: the project's folder. Files that the spec names must stand below it; places are shown relative to it.
    """
    return _Loader(root).load(path)


@dataclass(frozen=True)
class _File:
    """One file of the chain."""

    shown: str
    root: Mapping


@dataclass
class _Loader:
    root: Path
    findings: list[Finding] = field(default_factory=list)
    text: dict[str, str] = field(default_factory=dict)
    sources: list[Path] = field(default_factory=list)
    is_whole: bool = True

    def load(self, path: Path) -> Layered:
        chain = self.chain(path)
        cluster = self.cluster(chain) if chain else None
        merged = self.merged(chain, cluster) if chain else None
        variants = self.variants(merged) if merged else ()
        base = Document(merged).without("variants") if merged and self.is_whole else None
        if base:
            self.report_unused_nulls_of_variants(base, variants)
        return Layered(
            base, variants, self.text, tuple(self.findings), tuple(self.sources), cluster[1].shown if cluster else None
        )

    def chain(self, path: Path) -> list[_File]:
        """Return the spec and its parents, the spec first."""
        shown_path = relative(path, self.root)
        file = self.file(path, shown_path, layer=shown_path, named_at=None)
        chain: list[_File] = []
        named: list[tuple[str, Span]] = []
        while file:
            chain.append(file)
            extends = file.root.value("extends")
            if extends is None:
                break
            named.append((file.shown, extends.span))
            parent = self.named_file(file, "extends", extends)
            if parent is None:
                break
            loop = [link.shown for link in chain]
            if parent in loop:
                self.fail(_extends_loop([*loop[loop.index(parent) :], parent], named[loop.index(parent) :]))
                break
            file = self.file(self.root / parent, parent, layer=parent, named_at=extends.span)
        return chain

    def cluster(self, chain: list[_File]) -> tuple[int, _File] | None:
        """Return the cluster that counts, and the position in the chain of the file that names it."""
        for index, file in enumerate(chain):
            named = file.root.value("cluster")
            if named is None:
                continue
            if is_null(named):
                if all(parent.root.value("cluster") is None for parent in chain[index + 1 :]):
                    self.findings.append(null_removes_nothing(Document(file.root), ("cluster",)))
                return None
            shown_path = self.named_file(file, "cluster", named)
            if shown_path is None:
                return None
            cluster = self.file(self.root / shown_path, shown_path, f"cluster {shown_path}", named.span)
            return (index, self.only_cluster_keys(cluster)) if cluster else None
        return None

    def only_cluster_keys(self, cluster: _File) -> _File:
        strays = [entry for entry in cluster.root.entries if entry.key not in CLUSTER_KEYS]
        for entry in strays:
            meant = nearest(entry.key, CLUSTER_KEYS)
            self.report(
                "not-part-of-a-cluster",
                f"found {shown(entry.key)} in a cluster file, which holds `nodes` and `interconnect` only",
                f"did you mean `{meant}`?" if meant else "move it into the specs, or into a parent that they extend",
                entry.key_span,
                (entry.key,),
            )
        return replace(cluster, root=cluster.root.without(*(entry.key for entry in strays)))

    def merged(self, chain: list[_File], cluster: tuple[int, _File] | None) -> Mapping:
        """Lay all files over each other, the farthest parent first."""
        merged = replace(chain[-1].root, entries=())
        for index in reversed(range(len(chain))):
            if cluster and cluster[0] == index:
                merged = self.laid_over(merged, cluster[1].root)
            own = chain[index].root
            merged = self.laid_over(merged, own.without(*(NOT_INHERITED if index else ("extends", "cluster"))))
        return merged

    def laid_over(self, base: Mapping, top: Mapping) -> Mapping:
        if self.is_whole:
            self.report_unused_nulls(base, top)
        return overlay(base, top)

    def variants(self, merged: Mapping) -> tuple[tuple[str, Document], ...]:
        variants = merged.value("variants")
        if variants is None:
            return ()
        if not isinstance(variants, Mapping):
            self.report(
                "not-a-variant",
                f"found {kind_of(variants)}, wanted a mapping of names to what differs",
                "write `variants: {NAME: {…}}`",
                variants.span,
                ("variants",),
            )
            return ()
        overlays = [(entry.key, self.variant_overlay(entry.key, entry.value)) for entry in variants.entries]
        return tuple((name, Document(top)) for name, top in overlays if top)

    def variant_overlay(self, name: str, node: Node) -> Mapping | None:
        if not isinstance(node, Mapping):
            self.report(
                "not-a-variant",
                f"found {kind_of(node)}, wanted a mapping of what differs from the base",
                "write the keys that differ below the name, indented",
                node.span,
                ("variants", name),
            )
            return None
        for entry in node.entries:
            if entry.key in NOT_IN_A_VARIANT:
                self.report(
                    "not-part-of-a-variant",
                    f"found {shown(entry.key)} in a variant; only a whole spec has it",
                    "delete it, or make a spec of its own that says `extends`",
                    entry.key_span,
                    ("variants", name, entry.key),
                )
        return relabelled_mapping(node.without(*NOT_IN_A_VARIANT), f"variant {name}")

    def report_unused_nulls_of_variants(self, base: Document, variants: tuple[tuple[str, Document], ...]) -> None:
        for name, top in variants:
            self.report_unused_nulls(base.root, top.root, variant=name)

    def report_unused_nulls(self, base: Mapping, top: Mapping, variant: str | None = None) -> None:
        for path in unused_nulls(base, top):
            self.findings.append(null_removes_nothing(Document(top), path, variant))

    def named_file(self, file: _File, key: str, value: Node) -> str | None:
        """Return the path, relative to the project, of a file that another one names; None with a finding."""
        if not isinstance(value, Scalar) or not isinstance(value.value, str) or not value.value:
            message = f"found {kind_of(value)}, wanted the path of a YAML file"
            self.fail(_error("not-a-path", message, "write the path of the file", value.span, (key,)))
            return None
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file.shown), value.value))
        if _leaves_the_project(self.root, file.shown, value.value, target):
            self.fail(_outside(value.value, file.shown, value.span, (key,)))
            return None
        return target

    def file(self, path: Path, shown_path: str, layer: str, named_at: Span | None) -> _File | None:
        """Read and parse one file. What is wrong with the file as such is said where another one names it."""
        text, findings = read(path, shown_path)
        if text is None:
            self.is_whole = False
            self.findings += [finding if finding.span else finding.at(named_at) for finding in findings]
            return None
        self.sources.append(path)
        self.text[shown_path] = text
        mapping, findings = parse(text, shown_path, layer)
        self.findings += findings
        if mapping is None:
            self.is_whole = False
            return None
        return _File(shown_path, mapping)

    def fail(self, finding: Finding) -> None:
        """Report that a layer is missing."""
        self.is_whole = False
        self.findings.append(finding)

    def report(self, rule: str, message: str, help: str, span: Span, key: KeyPath) -> None:
        self.findings.append(_error(rule, message, help, span, key))


def null_removes_nothing(top: Document, path: KeyPath, variant: str | None = None) -> Finding:
    """Return the finding for a null, in an overlay, that has nothing to remove."""
    name = shown(".".join(map(str, path)))
    return Finding(
        "null-removes-nothing",
        Severity.WARNING,
        f"{name} has no value, and no layer below gives it one that this could remove",
        span=top.key_span(path),
        key=path,
        help="write a value, or delete the line",
        variant=variant,
    )


def _error(rule: str, message: str, help: str, span: Span, key: KeyPath, *remarks: Remark) -> Finding:
    return Finding(rule, Severity.ERROR, message, span=span, key=key, help=help, remarks=remarks)


def _extends_loop(loop: list[str], named: list[tuple[str, Span]]) -> Finding:
    whole = " → ".join(shown(path) for path in loop)
    message = "this file extends itself" if len(loop) == 2 else f"these files extend each other in a circle: {whole}"
    remarks = [Remark(span, f"{shown(path)} goes on here") for path, span in named[:-1]]
    return _error("extends-loop", message, "take one `extends` out", named[-1][1], ("extends",), *remarks)


def _outside(value: str, shown_path: str, span: Span, key: KeyPath) -> Finding:
    return _error(
        "path-outside-project",
        f"{shown(value)} leads out of the project; wanted a file below the folder of sparkc.toml",
        f"copy the file into the project and write its path relative to {shown(shown_path)}, with `/`",
        span,
        key,
    )


def _leaves_the_project(root: Path, shown_path: str, value: str, target: str) -> bool:
    if "\0" in target:
        return False  # no file has such a name; reading it says so
    is_absolute = PurePosixPath(value).is_absolute() or bool(PureWindowsPath(value).anchor)
    if is_absolute or PurePosixPath(shown_path).is_absolute() or target.split("/")[0] == "..":
        return True
    # realpath() and not resolve(): before Python 3.13 the latter raises for a loop of links.
    return not Path(os.path.realpath(root / target)).is_relative_to(os.path.realpath(root))


def relative(path: Path, root: Path) -> str:
    """Return the path as people see it: below the project relative to it, else as it was given."""
    # Both made absolute without following links, so that a linked spec keeps its name.
    absolute, base = Path(os.path.abspath(path)), Path(os.path.abspath(root))  # noqa: PTH100
    if absolute.is_relative_to(base):
        return absolute.relative_to(base).as_posix()
    return path.as_posix()
