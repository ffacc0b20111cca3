"""The live wall: the cameras as they are now, and the capture bar."""
