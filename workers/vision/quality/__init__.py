"""How good a frame is as a picture: pure functions on arrays, each measure with its source."""
