"""Pit stops drawn with their exact truth, the recipes others time them by, and how far off each one is."""
