"""What an image's own entrypoint would have read, the start script reads in its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rig import Rig, Start, quick

import plans
from sparkc.plan import Container, Option
from sparkc_targets.node.start_script import start_script

BECAUSE = plans.derived("test", "the image's own entrypoint reads it")
# As CANN's own scripts are: written for a shell that lets all of this pass.
SET_ENV = 'false\nexport FOUND="$UNSET_BY_ANYONE$HERE/lib:${FOUND:-}"\n'


def started(rig: Rig, *patterns: str) -> Start:
    plan = plans.two_sparks()
    container: Container = plan.head.containers[0]
    engine = replace(container.processes[-1], waits_for=())
    container = replace(
        container,
        processes=(engine,),
        secrets=(),
        watches=(),
        setup=(),
        sourced=tuple(Option(pattern, BECAUSE) for pattern in patterns),
    )
    script = rig.root / "start.sh"
    script.write_bytes(quick(start_script(plan, plan.head, container), rig).encode())
    return Start(rig, script, {"HERE": "/cann"})


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    rig = Rig(tmp_path)
    rig.meminfo(MemTotal=125_000_000, MemAvailable=120_000_000)
    rig.stand_in("vllm", "exit 3\n")
    return rig


def image_script(rig: Rig, folder: str, text: str = SET_ENV) -> Path:
    file = rig.root / folder / "set_env.sh"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


def test_every_process_gets_what_the_scripts_set_in_their_order(rig: Rig) -> None:
    first = image_script(rig, "cann-9.0.0/bin")
    second = image_script(rig, "nnal", 'export FOUND="nnal:$FOUND"\n')
    ended = started(rig, f"{rig.root}/cann-*/bin/set_env.sh", str(second)).end()
    [call] = rig.calls("vllm")

    assert call.env["FOUND"] == "nnal:/cann/lib:"
    assert f"reading {first}" in ended.log
    assert ended.status == 3


def test_what_the_image_does_not_have_is_said_and_left_out(rig: Rig) -> None:
    ended = started(rig, "/nowhere/cann-*/set_env.sh").end()

    assert "the image has no /nowhere/cann-*/set_env.sh" in ended.log
    assert len(list(rig.calls("vllm"))) == 1


@pytest.mark.parametrize("text", plans.HOSTILE)
def test_a_path_is_data(rig: Rig, text: str) -> None:
    started(rig, f"/nowhere/{text}").end()

    assert not list(rig.root.rglob("pwned"))
    assert len(list(rig.calls("vllm"))) == 1
