"""Where ``happysad-train`` begins, and ``python -m training``."""

import sys

from happysad_live.early_interruption import end_without_traceback


def main() -> int:
    """Run one command; returns its exit code, see ``cli.main``."""
    end_without_traceback()
    from training.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
