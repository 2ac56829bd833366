"""Put this folder on the import path, for `ledger_example`."""
