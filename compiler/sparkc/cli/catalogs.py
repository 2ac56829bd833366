"""Find the catalog that a call names."""

from __future__ import annotations

from sparkc.catalog.engine import EngineCatalog, available, engines, find_engine
from sparkc.findings import SparkcError
from sparkc.source.spelling import nearest, shown


def catalog_of(engine: str, version: str) -> EngineCatalog:
    """Return the catalog of exactly this version; an `rc` or a nightly build belongs to its release.

    Raises:
        SparkcError: there is none.
    """
    known = available(engine)
    if not known:
        guess = nearest(engine, engines())
        hint = f"did you mean `{guess}`?" if guess else f"there are {', '.join(engines())}"
        raise SparkcError(f"there is no catalog of an engine {shown(engine)}; {hint}")
    match = find_engine(engine, version)
    if match is None or not match.exact:
        raise SparkcError(f"there is no catalog of {engine} {shown(version)}; there are {', '.join(known)}")
    return match.catalog
