"""Which checkpoint is served, and whether it is known well enough."""
