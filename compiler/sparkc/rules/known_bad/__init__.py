"""Combinations that others have tried: the catalog of known failures."""
