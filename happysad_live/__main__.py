"""Where ``happysad-live`` begins, and ``python -m happysad_live``."""

import sys

from happysad_live.early_interruption import end_without_traceback


def main() -> int:
    """Run the program; returns its exit code, see ``cli.main``."""
    end_without_traceback()
    from happysad_live.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
