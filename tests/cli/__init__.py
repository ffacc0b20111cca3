"""Promises of the command."""
