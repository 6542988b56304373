"""One use case a file, and the session that wires the machines together. Knows neither Qt nor torch."""
