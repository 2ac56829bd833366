"""Keep compiled templates beside their source, as Python keeps compiled modules: that is a third of a build."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Precompiled(BytecodeCache):
    """Compiled templates in `__pycache__`.

    Jinja checks the source's digest and its own version before it uses one; the name holds the Python version. A folder
    that cannot be written is no trouble: the template is compiled each time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "__pycache__"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket from disk, or leave it empty."""
        with contextlib.suppress(OSError), self._file(bucket).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket to disk in one step, so that two builds at once never read half a file."""
        if sys.dont_write_bytecode:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                bucket.write_bytecode(file)
            Path(name).replace(self._file(bucket))

    def _file(self, bucket: Bucket) -> Path:
        return self.folder / f"{bucket.key}.{sys.implementation.cache_tag}.jinja"
