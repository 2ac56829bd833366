"""What a spec says about prefill, decode and their proxy arrives as it is, and runs nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from rig import Rig, Start, quick

from committed import committed
from plans import HOSTILE
from sparkc.plan import Container, Node, Plan

# A NUL or a line break is no word of a flag; the language refuses those where they cannot stand.
TEXTS = [text for text in HOSTILE if text]


def separated(text: str) -> Plan:
    change = {
        "roles": {"proxy": {"args": {"log-level": text, "several": [text, "two"]}}},
        "kv_transfer": {"extra": {"backend": text}},
    }
    return committed("minimax-m27-w8a8-a3-pd", "corrected", yaml.safe_dump(change, allow_unicode=True))


def started(plan: Plan, node: Node, container: Container, program: str, folder: Path) -> tuple[str, ...]:
    """Run a start script with stand-ins for its programs; return the words of the last call of one of them."""
    folder.mkdir()
    rig = Rig(folder)
    for name in ("python3", "vllm"):
        rig.stand_in(name, "exit 0")
    rig.meminfo(MemTotal=200 * 1024**2, MemAvailable=199 * 1024**2, MemFree=199 * 1024**2)
    script = rig.install(plan, node) / container.start_script
    text = quick(script.read_text(), rig)
    # Nobody else is there.
    text, _ = re.subn(r"(?m)^  wait_for (?:.*\\\n)+.*\n", "", text)
    text, _ = re.subn(r"(?m)^  (read_environment|prepend) .*\n", "", text)
    script.write_text(text)
    Start(rig, script, {"LANG": "C.UTF-8", "http_proxy": "http://proxy:3128"}).end()
    call = rig.calls(program)[-1]
    assert "http_proxy" not in call.env
    return call.argv


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_any_text_arrives_at_the_proxy_and_at_the_connector(text: str, tmp_path: Path) -> None:
    plan = separated(text)
    node = plan.nodes[0]
    proxy = next(container for container in node.containers if container.role == "proxy")
    argv = started(plan, node, proxy, "python3", tmp_path / "proxy")
    assert argv == proxy.processes[0].argv[1:]
    assert argv[argv.index("--log-level") + 1] == text
    several = argv.index("--several")
    assert argv[several + 1 : several + 3] == (text, "two")

    rank = node.containers[0]
    words = started(plan, node, rank, "vllm", tmp_path / "rank")
    config = json.loads(words[words.index("--kv-transfer-config") + 1])
    assert config["kv_connector_extra_config"]["backend"] == text
    assert not list(tmp_path.glob("**/pwned"))
