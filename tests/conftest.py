"""Put this folder on the import path: `plans`, `tools` and `calling` are shared by every test."""

from __future__ import annotations

import signal

import pytest

# A run in the background of a script inherits an ignored SIGINT, and no program below it could be interrupted: tests
# of Ctrl-C would then test nothing. A handler of Python's own becomes the default again in every program it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which engines and supervisors were really started, and what they reported: the property `started`."""
    reports = (report for reports in terminalreporter.stats.values() for report in reports)
    started = {value for report in reports for key, value in getattr(report, "user_properties", ()) if key == "started"}
    if started:
        terminalreporter.section("really started")
        for line in sorted(started):
            terminalreporter.write_line(line)
