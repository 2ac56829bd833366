"""What a Plan can be turned into: one folder per target."""
