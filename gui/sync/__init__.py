"""The sync bar: what is on its way to object storage, and whether it is safe to leave."""
