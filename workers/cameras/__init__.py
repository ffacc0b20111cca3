"""One connection a camera: its feed, ring, clock and preview."""
