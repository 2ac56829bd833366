"""Put this folder on the import path: `plans`, `tools` and `calling` are shared by every test."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which engines and supervisors were really started: the property `started` that tests record."""
    reports = (report for reports in terminalreporter.stats.values() for report in reports)
    started = {value for report in reports for key, value in getattr(report, "user_properties", ()) if key == "started"}
    if started:
        terminalreporter.section("really started")
        for line in sorted(started):
            terminalreporter.write_line(line)
