"""How the model is cut over the accelerators."""
