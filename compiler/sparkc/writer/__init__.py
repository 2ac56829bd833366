"""Artifacts become files, and files are compared with artifacts. Nothing else in sparkc writes to the output folder.

writing.py      write, remove_tree, Written     put one tree in place, whole or not at all
checking.py     check, orphan_trees, Drift      tell what differs, and write nothing
tree.py         Tree                            what is wanted
uptodate.py     remember, recall, code_stamp    know that nothing changed without compiling
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sparkc.writer.checking import Drift, check, orphan_trees
    from sparkc.writer.tree import Tree
    from sparkc.writer.writing import Written, remove_tree, write
else:
    _HOMES = {
        "Drift": "checking",
        "Tree": "tree",
        "Written": "writing",
        "check": "checking",
        "orphan_trees": "checking",
        "remove_tree": "writing",
        "write": "writing",
    }

    def __getattr__(name: str) -> object:
        """Import a name when it is first asked for: `uptodate` has to be there in a few milliseconds, without these."""
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = ["Drift", "Tree", "Written", "check", "orphan_trees", "remove_tree", "write"]
