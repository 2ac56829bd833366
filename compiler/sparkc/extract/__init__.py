"""Read an engine's release into a catalog, without importing the engine.

`python -m sparkc.extract WHEEL_OR_DIRECTORY` writes the catalog. Nothing that builds a spec imports this package.
"""
