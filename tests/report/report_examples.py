"""Findings to report on, and the spec that they point into."""

from __future__ import annotations

from sparkc.findings import Failure, Finding, Remark, Severity, Span

PATH = "specs/pair.yaml"

SPEC = """\
apiVersion: sparkc/v1
name: pair
nodes:
  hosts:
    - {name: spark-1, ssh: spark-1.lan, address: 10.0.0.1}
    - {name: spark-2, ssh: spark-2.lan, address: 10.0.0.1}
serving:
  port: 8002
"""

TEXTS = {PATH: SPEC}


def span(line: int, column: int, end_column: int, end_line: int | None = None, path: str = PATH) -> Span:
    return Span(path, line, column, end_line or line, end_column)


SAME_ADDRESS = Finding(
    rule="hosts-share-an-address",
    severity=Severity.ERROR,
    message="spark-2 has the address 10.0.0.1, which spark-1 has already",
    span=span(6, 50, 58),
    key=("nodes", "hosts", 1, "address"),
    help="give every host its own address on the fabric",
    failure=Failure.HANG,
    remarks=(Remark(span(5, 50, 58), "first named here"),),
)

OPEN_PORT = Finding(
    rule="endpoint-open-to-the-world",
    severity=Severity.WARNING,
    message="the API answers on 0.0.0.0:8002 without a key",
    span=span(8, 9, 13),
    key=("serving", "port"),
    help="set serving.host to an address of the fabric",
    failure=Failure.UNSAFE,
    variant="agentic",
)

ALLOWED = Finding(
    rule="image-not-pinned",
    severity=Severity.WARNING,
    message="the image has no digest",
    span=span(2, 7, 11),
    failure=Failure.SILENT,
    allowed="lab cluster rebuilt weekly",
)

PLACELESS = Finding(rule="no-spec-found", severity=Severity.NOTE, message="specs/ holds no spec, and one was wanted")

ALL = (SAME_ADDRESS, OPEN_PORT, ALLOWED, PLACELESS)

HOSTILE = "\x1b[31mred\x1b[0m\r\n::error::fake\x00\x07\x9b2J\u202eevil\u2066\u2028\ud800%0A"

# A file name can hold any of this but the lone surrogate.
HOSTILE_PATH = HOSTILE.replace("\ud800", "")
