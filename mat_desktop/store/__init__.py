"""SQLite: the library (what is known of the files) and the journal (what was done to them)."""
