"""The command line: one module a command; text and JSON come from the same values."""
