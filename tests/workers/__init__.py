"""Promises of workers."""
