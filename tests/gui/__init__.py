"""Promises of the window."""
