"""`trackshift demo-cameras` (hidden): serves the simulated cameras until standard input closes."""

import argparse

from cli.answer import Answer
from core.paths import DataFolder


def run(arguments: argparse.Namespace, _folder: DataFolder) -> Answer:
    """Prints its own one line of JSON with the URLs when ready; that line is its whole answer."""
    from workers.demo.cameras import serve_until_stdin_closes

    serve_until_stdin_closes(arguments.work)
    return Answer({}, "")
