"""The installed command: one module a subcommand; the only package that may import all the others, late."""
