"""Put this folder on the import path: `plans`, `tools` and `calling` are shared by every test."""
