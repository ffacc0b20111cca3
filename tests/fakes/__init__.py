"""Fakes, written by hand, that pass the same contract suite as the real thing."""
