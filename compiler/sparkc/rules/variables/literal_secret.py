"""A token or password that stands in the spec itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variables
from sparkc.rules.rule import Complaint, Evidence, Rule

SECRET_NAME = re.compile(r"(^|[_-])(TOKEN|API[_-]?KEY|ACCESS[_-]KEY|SECRET|PASSWORD|PASSWD)$", re.IGNORECASE)
# Prefixes that the issuers document, so that their scanners find leaked ones.
SECRET_VALUE = re.compile(r"\b(hf_|sk-|nvapi-|gh[pousr]_)[A-Za-z0-9_-]{16,}")
NO_SECRET = re.compile(r"|[01]|true|false|none|/.*", re.IGNORECASE)
"""Switches, empty words and paths to a file are no secrets."""


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variables(facts):
        if word.text is not None and _is_secret(word.name, word.text):
            yield Complaint(
                word.key,
                f"{word.name} holds a literal secret of {len(word.text)} characters; wanted a reference to one",
                help=f"write {word.name}: {{secret: {_reference(word.name)}}}; the value goes into a file on the nodes",
            )
    for key, name, value in _arguments(facts):
        for text in _texts(value):
            if _is_secret(name, text):
                yield Complaint(
                    key,
                    f"--{name} holds a literal secret of {len(text)} characters, which `ps` would show too; "
                    "wanted a reference to one",
                    help=_way_out(name),
                )


def _arguments(facts: Facts) -> Iterator[tuple[KeyPath, str, object]]:
    for name, value in (facts.spec.args or {}).items():
        yield ("args", name), name, value
    for name, value in (facts.ray.args or {}).items():
        yield ("engine", "ray", "args", name), name, value


def _texts(value: object) -> Iterator[str]:
    """Yield every text in an argument, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _is_secret(name: str, text: str) -> bool:
    return bool(SECRET_VALUE.search(text) or (SECRET_NAME.search(name) and not NO_SECRET.fullmatch(text)))


def _reference(name: str) -> str:
    return name.lower().replace("_", "-")


def _way_out(name: str) -> str | None:
    if name.replace("_", "-") == "api-key":
        return "write serving.api_key: {secret: api-key}"
    if name.replace("_", "-") == "hf-token":
        return "write env: {HF_TOKEN: {secret: hf-token}}"
    return None


RULE = Rule(
    name="literal-secret",
    severity=Severity.ERROR,
    failure=Failure.UNSAFE,
    summary="a secret stands in the spec",
    why="The spec and everything that is generated from it are committed and reviewed. A token in them is "
    "published with the repository, stays in its history, and shows in `docker inspect` and `ps` on every node.",
    help="write {secret: NAME}; the value stays in a file of mode 0600 on each node",
    evidence=(
        Evidence(
            "https://huggingface.co/docs/hub/security-tokens",
            "a token acts for its owner within its scope; one for each use, so that a leaked one can be revoked alone",
        ),
        Evidence(
            "https://docs.docker.com/engine/swarm/secrets/",
            "secrets are files in the container on purpose: environment variables leak between containers",
        ),
    ),
    bad="env: {HF_TOKEN: not-a-real-token}",
    good="env: {HF_TOKEN: {secret: hf-token}}",
    hides_source=True,
    check=_check,
)
