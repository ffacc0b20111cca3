"""The library: what was captured and imported."""
