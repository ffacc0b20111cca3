"""The analysis page: runs, what they found, and the packs that they ask."""
