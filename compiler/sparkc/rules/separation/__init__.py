"""What prefill and decode ask of each other where they are apart."""
