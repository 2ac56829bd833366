"""Put this folder on the import path, and find the runbook's example of a ledger."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "runbook"))
