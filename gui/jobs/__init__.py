"""The jobs panel: what is done, waits or failed, and why."""
