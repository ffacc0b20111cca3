"""Tests of the job handlers."""
