"""The program's words: frozen dataclasses of the standard library, known to every other package."""
