"""Real servers and displays that tests start."""
