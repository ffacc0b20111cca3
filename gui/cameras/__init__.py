"""The configured cameras: the list, the dialog, and the test of what a camera sends."""
