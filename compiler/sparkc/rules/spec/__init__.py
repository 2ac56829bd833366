"""The text of the spec against what the engine understands."""
