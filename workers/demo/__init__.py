"""The simulated cameras and their footage."""
