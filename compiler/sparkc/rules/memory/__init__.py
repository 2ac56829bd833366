"""Memory: what fits, on machines where host and accelerator share one pool."""
