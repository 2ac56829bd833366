"""What vLLM-Ascend asks of a launch."""
