"""Containers: the image, its shared memory, and what is left after a crash."""
