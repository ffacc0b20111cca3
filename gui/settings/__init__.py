"""The pages where the station is set up."""
