"""Kernels and loaders: which code runs on this chip, and how the weights get in."""
