"""What launch.sh knows of one deployment: shell variables, each a text or a list of texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.plan import Node, Plan, Secret, Weights
from sparkc_targets.control import requests

Value = str | tuple[str, ...]

_TOKEN_VARIABLES = {
    "huggingface": ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
    "modelscope": ("MODELSCOPE_API_TOKEN",),
    "none": (),
}


@dataclass(frozen=True)
class Facts:
    """Variables that belong together.

    Args:
        says: what they are about, in one line.
        variables: name and value; lists of one group that have the same length are read side by side.
    """

    says: str
    variables: tuple[tuple[str, Value], ...]


def facts_of(plan: Plan) -> Iterator[Facts]:
    """Yield everything that launch.sh has to know."""
    yield _names(plan)
    yield _nodes(plan)
    yield _images(plan)
    yield _weights(plan)
    yield _ways(plan)
    yield _service(plan)
    yield _proofs(plan)
    yield _inside(plan)
    yield _measuring(plan)
    yield _troubles(plan)


def _names(plan: Plan) -> Facts:
    return Facts(
        "names",
        (
            ("DEPLOYMENT", plan.folder.replace("/", "-")),
            ("TITLE", plan.title),
            ("SUMMARY", plan.summary),
            ("SPEC", plan.spec_path),
            ("USES_RAY", _yes(any(layout.executor == "ray" for layout in plan.layouts))),
        ),
    )


def _nodes(plan: Plan) -> Facts:
    nodes = plan.nodes
    return Facts(
        "nodes, the head first; an empty text is left to the user's ssh configuration, or was not declared",
        (
            ("NODES", tuple(node.name for node in nodes)),
            ("SSH_HOSTS", tuple(node.ssh.host for node in nodes)),
            ("SSH_USERS", tuple(node.ssh.user or "" for node in nodes)),
            ("SSH_PORTS", tuple(_text(node.ssh.port) for node in nodes)),
            ("USERS", tuple(node.user for node in nodes)),
            ("INSTALL_DIRS", tuple(node.install_dir for node in nodes)),
            ("ADDRESSES", tuple(node.fabric.address for node in nodes)),
            ("MTUS", tuple(_text(node.fabric.mtu) for node in nodes)),
            ("NEEDED_FREE", tuple(_text(node.memory.needed_free) for node in nodes)),
            ("LEAST_MEMORY_PERCENT", _text(plan.least_memory_percent)),
        ),
    )


def _images(plan: Plan) -> Facts:
    images = [
        (node.index, image)
        for node in plan.nodes
        for image in dict.fromkeys(container.image for container in node.containers)
    ]
    return Facts(
        "images that a node needs: its index, what is run, what it is called, what may be pulled from a registry",
        (
            ("IMAGE_NODES", tuple(str(index) for index, _ in images)),
            ("IMAGE_NAMES", tuple(image.name for _, image in images)),
            ("IMAGE_REFERENCES", tuple(image.reference for _, image in images)),
            ("IMAGE_PULLS", tuple(image.name if image.digest else "" for _, image in images)),
        ),
    )


def _weights(plan: Plan) -> Facts:
    all_weights = [(node, weights) for node in plan.nodes for weights in node.weights]
    tokens = [_token(node, weights) for node, weights in all_weights]
    return Facts(
        "weights that a node needs, and what downloads them when no node has them",
        (
            ("WEIGHTS_NODES", tuple(str(node.index) for node, _ in all_weights)),
            ("WEIGHTS_REPOSITORIES", tuple(weights.repository for _, weights in all_weights)),
            ("WEIGHTS_REVISIONS", tuple(weights.revision or "" for _, weights in all_weights)),
            ("WEIGHTS_HUBS", tuple(weights.hub for _, weights in all_weights)),
            ("WEIGHTS_PATHS", tuple(weights.path for _, weights in all_weights)),
            ("WEIGHTS_IN_CACHE", tuple(_yes(weights.in_hub_cache) for _, weights in all_weights)),
            ("WEIGHTS_LEAST", tuple(_text(_band(weights)[0]) for _, weights in all_weights)),
            ("WEIGHTS_MOST", tuple(_text(_band(weights)[1]) for _, weights in all_weights)),
            ("WEIGHTS_IMAGES", tuple(node.containers[0].image.name for node, _ in all_weights)),
            ("WEIGHTS_TOKEN_VARIABLES", tuple(token.key if token else "" for token in tokens)),
            ("WEIGHTS_TOKEN_FILES", tuple(token.file if token else "" for token in tokens)),
        ),
    )


def _band(weights: Weights) -> tuple[int | None, int | None]:
    """Return the least and the most bytes that pass for the whole repository."""
    if weights.bytes is None:
        return (None, None)
    slack = round(weights.bytes * weights.tolerance)
    return (weights.bytes - slack, weights.bytes + slack)


def _token(node: Node, weights: Weights) -> Secret | None:
    wanted = _TOKEN_VARIABLES[weights.hub]
    secrets = (secret for container in node.containers for secret in container.secrets)
    return next((secret for secret in secrets if secret.key in wanted), None)


def _ways(plan: Plan) -> Facts:
    ports = [(node.index, port) for node in plan.nodes for port in node.ports if port.reach == "peers"]
    tcp = [(index, port) for index, port in ports if port.protocol == "tcp"]
    return Facts(
        "ports that the other nodes dial",
        (
            ("PEER_PORT_NODES", tuple(str(index) for index, _ in tcp)),
            ("PEER_PORTS", tuple(str(port.number) for _, port in tcp)),
            ("PEER_PORT_PURPOSES", tuple(port.purpose for _, port in tcp)),
        ),
    )


def _service(plan: Plan) -> Facts:
    service = plan.service
    node = next(node for node in plan.nodes if node.name == service.node)
    everywhere = service.host in ("0.0.0.0", "::", "")
    dialled = "127.0.0.1" if everywhere else service.host
    generates = service.task == "generate"
    return Facts(
        "the service, and what verify sends",
        (
            ("SERVICE_NODE", str(node.index)),
            ("SERVICE_CONTAINER", service.container),
            ("SERVICE_HOST", _in_url(dialled)),
            ("SERVICE_PORT", str(service.port)),
            ("SERVICE_URL", client_url(plan)),
            ("HEALTH_PATH", service.health_path),
            ("API_KEY_FILE", service.api_key.file if service.api_key else ""),
            ("LISTS_MODELS", _yes(service.lists_models)),
            ("API_KEY_INSIDE", service.api_key.to if service.api_key else ""),
            ("MODEL_NAMES", service.model_names),
            ("TASK", service.task),
            ("CHAT_REQUEST", requests.chat(service) if generates else ""),
            ("TOOL_REQUEST", requests.tool_call(service) if generates and service.calls_tools else ""),
            ("EMBED_REQUEST", requests.embedding(service) if service.task == "embed" else ""),
            ("RERANK_REQUEST", requests.rerank(service) if service.task == "rerank" else ""),
            ("FORBIDDEN_TEXTS", service.forbidden_text),
            ("FIRST_START_SECONDS", str(service.first_start_s)),
            ("WARM_START_SECONDS", str(service.warm_start_s)),
        ),
    )


def client_url(plan: Plan) -> str:
    """Return where clients reach the API; it is dialled as ssh dials the node, when it listens everywhere."""
    service = plan.service
    node = next(node for node in plan.nodes if node.name == service.node)
    host = node.ssh.host if service.host in ("0.0.0.0", "::", "") else service.host
    return f"http://{_in_url(host)}:{service.port}"


def _proofs(plan: Plan) -> Facts:
    markers, harmless = plan.service.markers, plan.service.harmless_lines
    return Facts(
        "log lines that prove the setup, and lines that look bad and are not",
        (
            ("MARKER_PATTERNS", tuple(marker.pattern for marker in markers)),
            ("MARKER_PROOFS", tuple(marker.proves for marker in markers)),
            ("MARKER_REQUIRED", tuple(_yes(marker.required) for marker in markers)),
            ("HARMLESS_PATTERNS", tuple(marker.pattern for marker in harmless)),
            ("HARMLESS_PROOFS", tuple(marker.proves for marker in harmless)),
        ),
    )


def _inside(plan: Plan) -> Facts:
    checks = plan.service.inside
    return Facts(
        "commands that must succeed in the serving container; the words of all of them stand one behind the other",
        (
            ("INSIDE_NAMES", tuple(check.name for check in checks)),
            ("INSIDE_PROOFS", tuple(check.proves for check in checks)),
            ("INSIDE_WAYS_OUT", tuple(check.else_do for check in checks)),
            ("INSIDE_COUNTS", tuple(str(len(check.argv)) for check in checks)),
            ("INSIDE_WORDS", tuple(word for check in checks for word in check.argv)),
        ),
    )


def _measuring(plan: Plan) -> Facts:
    return Facts(
        "the benchmark, and published figures to hold one's own against",
        (
            ("BENCH", _bench_words(plan)),
            ("FIGURE_WHATS", tuple(figure.what for figure in plan.figures)),
            ("FIGURE_VALUES", tuple(figure.value for figure in plan.figures)),
            ("FIGURE_SETUPS", tuple(figure.setup for figure in plan.figures)),
            ("FIGURE_LINKS", tuple(figure.link for figure in plan.figures)),
        ),
    )


def _bench_words(plan: Plan) -> tuple[str, ...]:
    if plan.bench is None:
        return ()
    variables = tuple(f"{setting.key}={setting.value}" for setting in plan.bench.environment)
    return (*(("env", *variables) if variables else ()), *plan.bench.argv)


def _troubles(plan: Plan) -> Facts:
    return Facts(
        "messages that others have met",
        (
            ("TROUBLE_SYMPTOMS", tuple(trouble.symptom for trouble in plan.troubles)),
            ("TROUBLE_PATTERNS", tuple(symptom_pattern(trouble.symptom) for trouble in plan.troubles)),
            ("TROUBLE_MEANINGS", tuple(trouble.meaning for trouble in plan.troubles)),
            ("TROUBLE_DOS", tuple(trouble.do for trouble in plan.troubles)),
            ("TROUBLE_LINKS", tuple(trouble.link for trouble in plan.troubles)),
        ),
    )


def symptom_pattern(symptom: str) -> str:
    """Return a POSIX extended regular expression for a quoted message: any number, any blank, anything for "…"."""
    pieces = re.findall(r"\.\.\.|…|\d+(?:\.\d+)?|\s+|[A-Za-z_]+|.", symptom, re.ASCII)
    return "".join(map(_piece_pattern, pieces))


def _piece_pattern(piece: str) -> str:
    if piece in ("...", "…"):
        return ".*"
    if piece[0].isdigit():
        return "[0-9.]+"
    if piece.isspace():
        return "[[:space:]]+"
    if re.fullmatch(r"[.\[\]()*+?{}|^$\\]", piece):
        return f"\\{piece}"
    return piece


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
