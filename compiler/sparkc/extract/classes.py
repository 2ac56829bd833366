"""What classes of a tree inherit, and the members of its enumerations."""

from __future__ import annotations

import ast

from sparkc.extract.frames import Frame
from sparkc.extract.machine import Machine
from sparkc.extract.values import Class, External, Member, Raised, Undecidable

ENUM_BASES = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"})


class Classes(Machine):
    """Follows the bases of classes."""

    def lineage(self, cls: Class) -> list[Class]:
        """Return a class and its ancestors in the tree, in the order in which Python looks a name up.

        An ancestor that is reached twice stands where it is reached last, behind all that inherit it.
        """
        line = [cls]
        for base in cls.node.bases:
            # `Base[T]` inherits Base: what it is made for does not matter here.
            found = self.annotation(base.value if isinstance(base, ast.Subscript) else base, Frame(cls.module))
            if isinstance(found, Class):
                further = self.lineage(found)
                line = [*(ancestor for ancestor in line if ancestor not in further), *further]
        return line

    def bases(self, cls: Class) -> set[str]:
        """Return the dotted names of all ancestors outside the tree."""
        found = (self.annotation(base, Frame(each.module)) for each in self.lineage(cls) for base in each.node.bases)
        return {base.name for base in found if isinstance(base, External)}

    def is_enum(self, cls: Class) -> bool:
        """Tell whether a class is an enumeration."""
        return bool(self.bases(cls) & ENUM_BASES)

    def members(self, cls: Class) -> dict[str, Member]:
        """Return the members of an enumeration by name, in order."""
        found: dict[str, Member] = {}
        for item in cls.node.body:
            match item:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
                    frame = Frame(cls.module, dict(found))
                    try:
                        found[name] = Member(cls.name, name, self.evaluate(value, frame))
                    except (Raised, Undecidable):
                        found[name] = Member(cls.name, name, name)
        return found
