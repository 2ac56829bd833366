"""Read an engine's release into a catalog, without importing the engine.

    sparkc catalog extract vllm-0.33.0-….whl -o compiler/sparkc/catalog/engines/vllm-0.33.0.json

One module per engine follows the source (`vllm`, `sglang`, `ascend`, `ray`); they share a small interpreter
(`interpreter`, `sources`, `natives`, `values`) and the readers of options, configuration classes and variables. What
cannot be known without running the engine is left out, never guessed. Nothing that builds a spec imports this package.
"""
