"""One thin handler a job kind."""
