"""What the operator sees: the only package that knows Qt."""
