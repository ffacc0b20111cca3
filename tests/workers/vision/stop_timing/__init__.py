"""Stop timing on drawn pit boxes with exact truth."""
