"""The installed command: with no subcommand it opens the window, else it hands on to cli."""

import multiprocessing
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: this process's own) and return its exit code."""
    multiprocessing.freeze_support()
    from cli.main import main as run  # late: a spawned computing child imports this module too

    return run(sys.argv[1:] if argv is None else list(argv))


if __name__ == "__main__":
    sys.exit(main())
