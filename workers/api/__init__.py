"""The local HTTP API: FastAPI on loopback, inside the worker, for those who hold its token."""
