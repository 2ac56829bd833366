"""Put this folder on the import path: `plans` and `tools` are shared by every test."""
