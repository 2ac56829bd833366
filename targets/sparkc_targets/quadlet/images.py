"""Name an image as Podman finds it."""

from __future__ import annotations

from sparkc.plan import Image


def podman_name(image: Image) -> str:
    """Return the name to run. What a registry pinned and names none is Docker Hub's; Podman guesses at no registry."""
    if image.digest is None or _names_a_registry(image.name):
        return image.name
    return f"docker.io/{image.name}" if "/" in image.name else f"docker.io/library/{image.name}"


def _names_a_registry(name: str) -> bool:
    host, slash, _ = name.partition("/")
    return bool(slash) and ("." in host or ":" in host or host == "localhost")
