"""Small packages in the shapes of each layout era, written for the tests: they hold no engine's code."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent


def installed(folder: Path, package: str, version: str, files: Mapping[str, str]) -> Path:
    """Lay out a directory as site-packages would be."""
    metadata = f"{package.replace('-', '_')}-{version}.dist-info/METADATA"
    for path, text in {
        **files,
        metadata: f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n\ntext",
    }.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text), "utf-8")
    return folder


def wheel(folder: Path, package: str, version: str, files: Mapping[str, str]) -> Path:
    """Pack the same files as a wheel."""
    source = installed(folder / "unpacked", package, version, files)
    path = folder / f"{package.replace('-', '_')}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(source.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(source).as_posix())
    return path


ENVS = """
    import os
    from collections.abc import Callable
    from typing import TYPE_CHECKING, Any

    if TYPE_CHECKING:
        VLLM_NEW_WAY: bool = False

    def env_with_choices(env_name, default, choices, case_sensitive=True):
        def _get():
            value = os.getenv(env_name)
            if value is None:
                return default
            if value not in choices:
                raise ValueError(value)
            return value
        return _get

    def deprecated_env(env_name, removal_version, replacement, getter):
        def _read():
            return getter()
        return _read

    environment_variables: dict[str, Callable[[], Any]] = {
        "VLLM_NEW_WAY": lambda: bool(int(os.getenv("VLLM_NEW_WAY", "1"))),
        "VLLM_WORD": lambda: os.environ.get("VLLM_WORD", "False").lower() in ("1", "true"),
        "VLLM_EXACT": lambda: os.environ.get("VLLM_EXACT", "0") == "1",
        "VLLM_SECONDS": lambda: float(os.getenv("VLLM_SECONDS", "2.5")),
        "VLLM_KERNEL": deprecated_env(
            "VLLM_KERNEL", "v9.0", "Use --kernel instead.", env_with_choices("VLLM_KERNEL", None, ["quick", "slow"])
        ),
    }

    def __getattr__(name):
        if name in environment_variables:
            return environment_variables[name]()
        raise AttributeError(name)
"""

CONFIG = """
    import enum
    from dataclasses import field
    from typing import Any, Literal
    from pydantic import Field, SkipValidation

    def config(cls):
        return cls

    Dtype = Literal["auto", "half"]
    Mode = Literal["plain", "fancy"]

    class Backend(enum.Enum):
        FLASH = "a"
        PLAIN = "b"

    @config
    class InnerConfig:
        depth: int = Field(default=2, ge=1)
        tokens: SkipValidation[int] = None
        outer: SkipValidation[OuterConfig] = None

    @config
    class OuterConfig:
        x: int = 1

    @config
    class ModelConfig:
        model: str = "none"
        dtype: Dtype = "auto"
        mode: Mode | str = "plain"
        max_model_len: int = Field(default=None, ge=-1)
        max_num_batched_tokens: int | None = None
        share: float = Field(default=0.9, gt=0, le=1)
        eager: bool = False
        enable_cache: bool | None = None
        sizes: list[int] | None = None
        backend: Backend | None = None
        inner: InnerConfig = field(default_factory=InnerConfig)
        parser: str = ""
        target: SkipValidation[Any] = None
        old_thing: int = 1
        \"\"\"Deprecated: use --share instead. It will be removed in v9.9.0.\"\"\"
"""

ARG_UTILS = """
    import argparse
    import dataclasses
    import json
    from dataclasses import dataclass
    import vllm.envs as envs
    from vllm.config import InnerConfig, ModelConfig
    {parser_import}

    def optional_type(inner):
        return inner

    def _compute_kwargs(cls):
        if name in ("max_num_batched_tokens", "kv_cache_memory_bytes"):
            kwargs[name]["type"] = human_readable_int

    def get_kwargs(cls):
        return _compute_kwargs(cls)

    @dataclass
    class EngineArgs:
        model: str = ModelConfig.model

        @staticmethod
        def add_cli_args(parser):
            model_kwargs = get_kwargs(ModelConfig)
            model_kwargs["dtype"]["choices"].remove("half")
            group = parser.add_argument_group(title="ModelConfig")
            for name in ("model", "dtype", "mode", "share", "eager", "sizes", "backend", "inner", "parser"):
                group.add_argument(f"--{{name}}", **model_kwargs[name])
            group.add_argument("--max-model-len", **model_kwargs["max_model_len"])
            group.add_argument(
                "--max-num-batched-tokens", **{{**model_kwargs["max_num_batched_tokens"], "default": None}}
            )
            group.add_argument("--enable-cache", **model_kwargs["enable_cache"])
            group.add_argument("--old-thing", **model_kwargs["old_thing"])
            kernel = model_kwargs["mode"]
            kernel["type"] = lambda s: s.lower().replace("-", "_")
            group.add_argument("--kernel", "-k", **kernel)
            parser.add_argument("--tensor-size", "-tp", type=int, default=1)
            return parser

    @dataclass
    class AsyncEngineArgs(EngineArgs):
        log: bool = envs.VLLM_NEW_WAY

        @staticmethod
        def add_cli_args(parser, async_args_only: bool = False):
            if not async_args_only:
                parser = EngineArgs.add_cli_args(parser)
            parser.add_argument("--log", action=argparse.BooleanOptionalAction, default=AsyncEngineArgs.log)
            return parser
"""

CLI_ARGS = """
    import json
    from vllm.config import config
    from vllm.engine.arg_utils import AsyncEngineArgs, get_kwargs, optional_type

    @config
    class BaseFrontendArgs:
        headers: list[str] = ["*"]

        @classmethod
        def _customize(cls, kwargs):
            kwargs["headers"]["type"] = json.loads
            del kwargs["headers"]["nargs"]
            return kwargs

        @classmethod
        def add_cli_args(cls, parser):
            kwargs = cls._customize(get_kwargs(cls))
            for key, value in kwargs.items():
                parser.add_argument(f"--{key.replace('_', '-')}", **value)
            return parser

    @config
    class FrontendArgs(BaseFrontendArgs):
        root_path: str | None = None

        @classmethod
        def _customize(cls, kwargs):
            return super()._customize(kwargs)

    def make_arg_parser(parser):
        parser.add_argument("model_tag", nargs="?")
        parser.add_argument("--headless", action="store_true", default=False)
        parser = FrontendArgs.add_cli_args(parser)
        return AsyncEngineArgs.add_cli_args(parser)
"""

WORKER = """
    import os
    SET = os.environ["VLLM_SET_HERE"] = "1"
    READ = os.environ.get("VLLM_READ_HERE")
"""

DECORATED = """
    @Manager.register_module(["wise", "sage"])
    class Wise: ...

    @Manager.register_module("fool")
    class Fool: ...
"""

PARSERS = """
    _TOOL_PARSERS_TO_REGISTER = {"wise": ("wise_parser", "Wise"), "fool": ("fool_parser", "Fool")}
"""


def vllm_files(era: str) -> dict[str, str]:
    """Return a vLLM of one of the eras "0.11", "0.30" and "0.33"."""
    place = {"0.11": "openai", "0.30": "launchers", "0.33": "common"}[era]
    files = {
        "vllm/__init__.py": "",
        "vllm/envs.py": ENVS,
        "vllm/config/__init__.py": CONFIG,
        "vllm/engine/__init__.py": "",
        "vllm/engine/arg_utils.py": ARG_UTILS.format(parser_import="import os"),
        "vllm/entrypoints/__init__.py": "",
        f"vllm/entrypoints/{place}/__init__.py": "",
        f"vllm/entrypoints/{place}/cli_args.py": CLI_ARGS,
        "vllm/worker.py": WORKER,
    }
    if era == "0.33":
        files["vllm/utils/argparse_utils.py"] = "class EnableDisableAction: ...\n"
    if era == "0.11":
        files["vllm/entrypoints/openai/tool_parsers/__init__.py"] = ""
        files["vllm/entrypoints/openai/tool_parsers/wise.py"] = DECORATED
    else:
        files["vllm/tool_parsers/__init__.py"] = PARSERS
    return files
