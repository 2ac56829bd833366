"""How the engine puts requests into steps."""
