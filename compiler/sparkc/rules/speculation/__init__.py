"""Drafting tokens ahead of the model."""
