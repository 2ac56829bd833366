"""Compare engine versions with ranges, pre-releases and builds of forks included."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version


def parse_version(text: str | None) -> Version | None:
    """Return a PEP 440 version; None for no text, `unknown`, or a fork's own numbering."""
    if text is None:
        return None
    try:
        return Version(text)
    except InvalidVersion:
        return None


def is_within(version: str | None, versions: str) -> bool:
    """Tell whether a version surely lies in a PEP 440 range; an unknown version lies in none but the empty one."""
    if not versions:
        return True
    parsed = parse_version(version)
    return parsed is not None and SpecifierSet(versions).contains(parsed, prereleases=True)


def may_be_within(version: str | None, versions: str) -> bool:
    """Tell whether a version lies in a range, or is not known well enough to say that it does not."""
    return parse_version(version) is None or is_within(version, versions)
