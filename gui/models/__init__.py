"""Qt models that re-read the store."""
