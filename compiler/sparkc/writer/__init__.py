"""Artifacts become files, and files are compared with artifacts. Nothing else in sparkc writes to the output folder.

    writing.py      write, remove_tree      put one tree in place, whole or not at all
    checking.py     check, orphan_trees     tell what differs, and write nothing
    tree.py         Tree                    what is wanted
    uptodate.py     remember, recall        know that nothing changed without compiling

Import from those modules. This one stays empty because importing `uptodate` runs it, and `uptodate` has to be there
in a few milliseconds.
"""
