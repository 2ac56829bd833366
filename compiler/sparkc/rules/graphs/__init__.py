"""CUDA graphs: recorded work with collectives in it, replayed across nodes."""
