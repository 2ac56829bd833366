"""Write trees: whole or not at all, other people's files kept, hand edits refused unless forced."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sparkc.findings import SparkcError
from sparkc.writer.comparison import Clash, Comparison, compare
from sparkc.writer.exchange import Exchange, exchange_by_kernel, recover
from sparkc.writer.output_folder import held
from sparkc.writer.refusals import one_sentence, refuse_unless_real_folder
from sparkc.writer.replacement import remove_tree_at_once, replace_tree
from sparkc.writer.tree import Tree, refuse_as_folder_name


@dataclass(frozen=True)
class Written:
    """What happened to one tree. Paths are relative to it and sorted; the manifest counts as a file.

    When anything is refused, nothing of the tree is written: `created`, `changed` and `removed` are empty.
    """

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept_foreign: tuple[str, ...] = ()
    refused: tuple[Clash, ...] = ()
    unchanged: tuple[str, ...] = ()


def write(root: Path, tree: Tree, *, force: bool, exchange: Exchange = exchange_by_kernel) -> Written:
    """Make `root/<tree.name>` what `tree` wants.

    Args:
        root: the output folder; made if absent.
        tree: the files wanted.
        force: write over hand edits and over files in the way, too.
        exchange: how two folders change places; raises OSError where that cannot be done in one step.

    Raises:
        SparkcError: the output folder cannot be written, or another build holds it. The tree is as it was.
    """
    live = root / tree.name
    with one_sentence(f"cannot write {live}"), held(root):
        recover(root)
        _refuse_unless_writable(live)
        comparison = compare(live, tree.files)
        if comparison.clashes and not force:
            return _refused(comparison)
        if not comparison.asks_for_nothing:
            make = (
                *comparison.missing,
                *comparison.stale,
                *(path for path in comparison.clashing if path in tree.files),
            )
            replace_tree(
                live,
                keep=(*comparison.unchanged, *comparison.foreign),
                make={path: tree.files[path] for path in make},
                drop=(*comparison.orphans, *comparison.clashing),
                exchange=exchange,
            )
        return _written(comparison, wanted=frozenset(tree.files))


def remove_tree(root: Path, name: str, *, force: bool, exchange: Exchange = exchange_by_kernel) -> Written:
    """Remove what sparkc wrote to `root/<name>`; the folder itself goes when nothing else is in it.

    Raises:
        SparkcError: as `write` does.
    """
    refuse_as_folder_name(name)
    live = root / name
    with one_sentence(f"cannot remove {live}"), held(root):
        recover(root)
        _refuse_unless_writable(live)
        comparison = compare(live, {})
        if comparison.clashes and not force:
            return _refused(comparison)
        drop = (*comparison.orphans, *comparison.clashing)
        if comparison.foreign:
            replace_tree(live, keep=comparison.foreign, make={}, drop=drop, exchange=exchange)
        elif live.exists():
            remove_tree_at_once(live)
        return _written(comparison, wanted=frozenset())


def _refuse_unless_writable(live: Path) -> None:
    refuse_unless_real_folder(live)
    if live.exists() and not os.access(live, os.W_OK | os.X_OK | os.R_OK):
        raise SparkcError(f"cannot write {live}: the folder is write-protected; allow it with chmod u+rwx")


def _refused(comparison: Comparison) -> Written:
    return Written(kept_foreign=comparison.foreign, refused=comparison.clashes, unchanged=comparison.unchanged)


def _written(comparison: Comparison, wanted: frozenset[str]) -> Written:
    replaced = {path for path in comparison.clashing if path in wanted}
    thrown_out = set(comparison.clashing) - replaced
    return Written(
        created=comparison.missing,
        changed=tuple(sorted({*comparison.stale, *replaced})),
        removed=tuple(sorted({*comparison.orphans, *thrown_out})),
        kept_foreign=comparison.foreign,
        unchanged=comparison.unchanged,
    )
