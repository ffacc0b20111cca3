"""The only SQLAlchemy: one way to read, one way to write."""
