"""Tests of workers.cameras."""
