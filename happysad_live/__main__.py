"""``python -m happysad_live``: the same as ``happysad-live``."""

import sys

from happysad_live.cli import main

if __name__ == "__main__":
    sys.exit(main())
