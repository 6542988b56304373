"""Reads and writes the tags of music files, each container by its own rules, never in place."""
