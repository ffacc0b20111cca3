"""Promises of the whole station."""
