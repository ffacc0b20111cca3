"""The sessions page: create, switch, close."""
