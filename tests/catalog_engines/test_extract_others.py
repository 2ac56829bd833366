from __future__ import annotations

import json
from pathlib import Path

import pytest
from trees import installed

from sparkc.catalog.engine import EngineCatalog, open_catalog
from sparkc.catalog.entries import Kind
from sparkc.extract.release import catalog_text

SGLANG_ENVIRON = """
    import os

    class EnvField:
        def __init__(self, default):
            self.default = default

    class EnvBool(EnvField):
        def parse(self, value):
            value = value.lower()
            if value in ["true", "1", "yes"]:
                return True
            if value in ["false", "0", "no"]:
                return False
            raise ValueError(value)

    class EnvInt(EnvField):
        def parse(self, value):
            try:
                return int(value)
            except ValueError:
                raise ValueError(f"{value} is no number")

    class Envs:
        SGLANG_FAST = EnvBool(False)
        SGLANG_CAREFUL = EnvBool(True)
        SGLANG_COUNT = EnvInt(3)
        SGLANG_OLD = EnvInt(0)

    def rename():
        _print_deprecated_env("SGLANG_OLD", "SGLANG_COUNT")
"""
SGLANG_PARSERS = """
    class FunctionCallParser:
        ToolCallParserEnum = {"wise-one": object, "fool": object}
"""
SGLANG_CALLS = """
    import argparse
    import dataclasses
    from sglang.srt.function_call.function_call_parser import FunctionCallParser

    BACKENDS = ["quick", "slow"]

    class DeprecatedAction(argparse.Action):
        def __init__(self, option_strings, dest, error_message=None, nargs=0, **kwargs):
            pass

    @dataclasses.dataclass
    class ServerArgs:
        model_path: str
        port: int = 30000
        backend: str = "quick"

        @staticmethod
        def add_cli_args(parser):
            parser.add_argument("--model-path", "--model", type=str, required=True)
            parser.add_argument("--port", type=int, default=ServerArgs.port)
            parser.add_argument("--backend", type=str, choices=BACKENDS, default=ServerArgs.backend)
            parsers = list(FunctionCallParser.ToolCallParserEnum.keys())
            parser.add_argument("--tool-call-parser", type=str, choices=parsers)
            parser.add_argument("--gone", action=DeprecatedAction, error_message="Use --port instead.")
"""
SGLANG_FIELDS = """
    import argparse
    from typing import List, Literal, Optional
    import msgspec
    from sglang.srt.arg_groups.arg_utils import A, Arg

    class Serving(msgspec.Struct):
        _NS_PATH = "serving"
        model_path: A[str, Arg(help="where", aliases=["--model"])]
        port: A[int, "Port of the server, a bare text."] = 30000
        trust: A[bool, "Whether."] = False
        pair: A[Optional[bool], Arg(help="x", action=argparse.BooleanOptionalAction)] = None
        level: A[Literal["low", "high"], Arg(help="x")] = "low"
        sizes: A[Optional[List[int]], Arg(help="x")] = None
        inside: A[int, Arg(help="x", no_cli=True)] = 1
        plain: int = 2

    class NotInputs(msgspec.Struct):
        other: A[int, "not a namespace"] = 1
"""
SGLANG_NAMESPACED = """
    import msgspec
    from sglang.srt.arg_groups.arg_utils import add_cli_args_from_dataclass

    def _declared_default(name):
        return next(field.default for field in fields(ServerArgs) if field.name == name)

    class ServerArgs:
        @staticmethod
        def add_cli_args(parser):
            add_cli_args_from_dataclass(parser, ServerArgs)
            parser.add_argument("--again", type=int, default=_declared_default("port"))

    ServerArgs = msgspec.defstruct("ServerArgs", [])
"""
RAY_SCRIPTS = """
    import click
    import json
    import ray._private.ray_constants as ray_constants
    from ray.autoscaler._private.cli_logger import add_click_logging_options

    @click.group()
    def cli():
        pass

    @cli.command()
    @click.option("--address", required=False, type=str, help="x")
    @click.option("--object-store-memory", required=False, type=int)
    @click.option("--dashboard-port", type=int, default=ray_constants.DEFAULT_PORT)
    @click.option("--block", is_flag=True, default=False)
    @click.option("--system-config", default=None, hidden=True, type=json.loads)
    @add_click_logging_options
    def start(address, block):
        pass
"""
RAY_LOGGER = """
    import click
    CLICK_LOGGING_OPTIONS = [
        click.option("--log-style", type=click.Choice(["auto", "record"], case_sensitive=False), default="auto"),
        click.option("-v", "--verbose", default=None, count=True),
    ]
"""
RAY_CONSTANTS = """
    DEFAULT_PORT = 8265
    def env_bool(key, default):
        return default
    DEDUP = env_bool("RAY_DEDUP_LOGS", True)
"""
RAYLET = "head\0RAY_memory_usage_threshold\0RAY_num_workers\0see RAY_not_whole here\0RAY_FATAL\0"
ASCEND_ENVS = """
    import os
    env_variables = {
        "VLLM_ASCEND_FAST": lambda: bool(int(os.getenv("VLLM_ASCEND_FAST", "0"))),
        "VLLM_ASCEND_MODE": lambda: int(os.getenv("VLLM_ASCEND_MODE", "1")),
    }
"""
ASCEND_CONFIG = """
    class AscendConfig:
        def __init__(self, vllm_config):
            additional_config = vllm_config.additional_config or {}
            self.binding = additional_config.get("enable_cpu_binding", True)
            self.sizes = additional_config.get("sizes", [])
            self.mode = self._get_config_value(additional_config, "mode", "VLLM_ASCEND_MODE", envs.VLLM_ASCEND_MODE)
            other = unrelated.get("not_a_key", 1)
            if "bare" in additional_config:
                pass
"""


def read(folder: Path, package: str, version: str, files: dict[str, str]) -> EngineCatalog:
    return open_catalog(json.loads(catalog_text(installed(folder, package, version, files))))


def sglang_files(arguments: str) -> dict[str, str]:
    return {
        "sglang/srt/server_args.py": arguments,
        "sglang/srt/environ.py": SGLANG_ENVIRON,
        "sglang/srt/function_call/function_call_parser.py": SGLANG_PARSERS,
        "sglang/srt/arg_groups/fields/serving.py": SGLANG_FIELDS,
        "sglang/srt/arg_groups/arg_utils.py": "from typing import Annotated\nA = Annotated\nclass Arg: ...\n",
    }


def test_sglang_of_explicit_calls(tmp_path: Path) -> None:
    files = sglang_files(SGLANG_CALLS)
    del files["sglang/srt/arg_groups/fields/serving.py"]
    catalog = read(tmp_path, "sglang", "0.5.12", files)
    flags = {flag.name: flag for flag in catalog.flags()}
    assert set(flags) == {"--model-path", "--port", "--backend", "--tool-call-parser", "--gone"}
    assert flags["--model-path"].required
    assert flags["--port"].value.default == 30000
    assert flags["--backend"].value.choices == ("quick", "slow")
    assert flags["--tool-call-parser"].value.choices == ("fool", "wise-one")
    assert catalog.parsers("tool") == ("fool", "wise-one")
    assert catalog.flag("--tool_call_parser") is None, "SGLang does not take underscores for dashes"
    gone = flags["--gone"]
    assert gone.is_switch
    assert gone.deprecated is not None
    assert gone.deprecated.refused
    assert gone.deprecated.instead == ("--port",)


def test_sglang_of_annotated_namespaces(tmp_path: Path) -> None:
    catalog = read(tmp_path, "sglang", "0.5.23", sglang_files(SGLANG_NAMESPACED))
    flags = {flag.name: flag for flag in catalog.flags()}
    assert set(flags) == {"--model-path", "--port", "--trust", "--pair", "--level", "--sizes", "--again"}
    assert flags["--model-path"].aliases == ("--model",)
    assert flags["--model-path"].required
    assert flags["--trust"].is_switch
    assert flags["--trust"].negatives == ()
    assert flags["--pair"].negatives == ("--no-pair",)
    assert flags["--level"].value.choices == ("high", "low")
    assert (flags["--sizes"].value.kind, flags["--sizes"].nargs) == (Kind.INT, "+")
    assert flags["--again"].value.default == 30000


@pytest.mark.parametrize(
    ("name", "word", "answer"),
    [
        ("SGLANG_FAST", "YES", True),
        ("SGLANG_FAST", "0", False),
        pytest.param("SGLANG_FAST", "maybe", False, id="an unknown word leaves the default, off"),
        pytest.param("SGLANG_CAREFUL", "maybe", True, id="an unknown word leaves the default, on"),
        ("SGLANG_CAREFUL", "no", False),
    ],
)
def test_sglang_descriptors_tell_which_words_mean_yes(tmp_path: Path, name: str, word: str, answer: bool) -> None:
    variable = read(tmp_path, "sglang", "0.5.12", sglang_files(SGLANG_CALLS)).variable(name)
    assert variable is not None
    assert variable.spellings is not None
    assert variable.spellings.says_yes(word) is answer


def test_sglang_renames_are_deprecations(tmp_path: Path) -> None:
    variable = read(tmp_path, "sglang", "0.5.12", sglang_files(SGLANG_CALLS)).variable("SGLANG_OLD")
    assert variable is not None
    assert variable.deprecated is not None
    assert variable.deprecated.instead == ("SGLANG_COUNT",)


def test_ray_has_options_and_compiled_names(tmp_path: Path) -> None:
    catalog = read(
        tmp_path,
        "ray",
        "2.54.0",
        {
            "ray/scripts/scripts.py": RAY_SCRIPTS,
            "ray/autoscaler/_private/cli_logger.py": RAY_LOGGER,
            "ray/_private/ray_constants.py": RAY_CONSTANTS,
            "ray/core/src/ray/raylet/raylet": RAYLET,
        },
    )
    flags = {flag.name: flag for flag in catalog.flags()}
    assert flags["--object-store-memory"].value.kind is Kind.INT
    assert flags["--dashboard-port"].value.default == 8265
    assert flags["--block"].is_switch
    assert flags["--system-config"].value.kind is Kind.JSON
    assert flags["--log-style"].value.choices == ("auto", "record")
    assert flags["--verbose"].aliases == ("-v",)
    assert catalog.variables() == ("RAY_memory_usage_threshold", "RAY_num_workers")
    threshold, dedup = catalog.variable("RAY_memory_usage_threshold"), catalog.variable("RAY_DEDUP_LOGS")
    assert threshold is not None
    assert threshold.readers == {"raylet"}
    assert dedup is not None, "read through a helper function"


def test_ascend_keys_are_those_the_code_asks_for(tmp_path: Path) -> None:
    catalog = read(
        tmp_path,
        "vllm-ascend",
        "0.21.0rc1",
        {"vllm_ascend/envs.py": ASCEND_ENVS, "vllm_ascend/ascend_config.py": ASCEND_CONFIG},
    )
    schema = catalog.schema("AdditionalConfig")
    assert schema is not None
    assert not schema.closed
    assert {name: key.value.kind for name, key in schema.keys.items()} == {
        "bare": Kind.ANY,
        "enable_cpu_binding": Kind.BOOL,
        "mode": Kind.INT,
        "sizes": Kind.LIST,
    }
    mode = catalog.variable("VLLM_ASCEND_MODE")
    assert mode is not None
    assert mode.deprecated is not None
    assert mode.deprecated.instead == ("additional_config.mode",)


def test_a_plugin_also_knows_what_its_vllm_knows(tmp_path: Path) -> None:
    catalog = read(tmp_path, "vllm-ascend", "0.21.0rc1", {"vllm_ascend/envs.py": ASCEND_ENVS})
    assert catalog.base is not None
    assert catalog.base.version == "0.21.0"
    assert catalog.flag("--max-model-len") is not None
    assert "VLLM_ASCEND_MODE" in catalog.variables()
    assert "VLLM_HOST_IP" in catalog.variables()
