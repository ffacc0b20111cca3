"""What the code must look like, read by a machine."""
