"""Pick the base or one variant of a compiled spec."""

from __future__ import annotations

from sparkc.driver import Compilation, Launch
from sparkc.findings import SparkcError
from sparkc.source.spelling import nearest, shown


def launch_of(compilation: Compilation, variant: str | None) -> Launch | None:
    """Return the base, or the variant of that name; None when the text was so wrong that nothing was compiled.

    Raises:
        SparkcError: there is no such variant, or the base is abstract and no variant is named.
    """
    if not compilation.launches:
        return None
    for launch in compilation.launches:
        if launch.variant == variant:
            return launch
    names = [launch.variant for launch in compilation.launches if launch.variant is not None]
    if variant is None:
        raise SparkcError(f"{compilation.spec} is abstract; name one of its variants: --variant {'|'.join(names)}")
    if not names:
        raise SparkcError(f"{compilation.spec} has no variants, found --variant {shown(variant)}")
    guess = nearest(variant, names)
    hint = f"; did you mean `{guess}`?" if guess else f"; it has {', '.join(names)}"
    raise SparkcError(f"{compilation.spec} has no variant {shown(variant)}{hint}")
