"""Ray: the cluster that carries the ranks, its memory and its membership."""
