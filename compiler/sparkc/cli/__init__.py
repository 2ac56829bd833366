"""The command line: parse, call, print, exit. It joins driver, rules and targets."""
