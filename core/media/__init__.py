"""Frames of a file, by their presentation time."""
