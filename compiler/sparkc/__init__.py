"""sparkc compiles one declarative spec of an LLM deployment into launch artifacts."""

__version__ = "0.1.0"
