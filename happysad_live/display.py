"""Whether a window can be opened at all; asked before Qt, which would end the process."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

NO_SCREEN = "there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set)"

X_PORT = 6000
"""Where the first screen of another host listens."""

LIMIT_S = 3.0


def missing_display() -> str | None:
    """Why no window can be opened here, or None where one can."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None  # macOS and Windows have a screen; a chosen platform plug-in knows what it does
    wayland, display = os.environ.get("WAYLAND_DISPLAY", ""), os.environ.get("DISPLAY", "")
    if not wayland and not display:
        return NO_SCREEN
    # A stale name, as in a terminal that outlived its session, would end the process in Qt.
    if (wayland and _wayland_answers(wayland)) or (display and _x_server_answers(display)):
        return None
    return f"the screen {display or wayland} does not answer"


def _wayland_answers(name: str) -> bool:
    return _connects(socket.AF_UNIX, str(Path(os.environ.get("XDG_RUNTIME_DIR", ""), name)))


def _x_server_answers(display: str) -> bool:
    """Whether somebody listens there; a name of a kind unknown here is left to Qt."""
    known = re.fullmatch(r"(?P<host>.*):(?P<number>\d+)(?:\.\d+)?", display)
    if known is None:
        return True
    host, number = known["host"], int(known["number"])
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return any(_connects(socket.AF_UNIX, name) for name in (path, "\0" + path))  # a file, or Linux' name
    return _connects(socket.AF_INET, (host, X_PORT + number))


def _connects(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(LIMIT_S)
        try:
            connection.connect(address)
        except OSError:
            return False
        return True
