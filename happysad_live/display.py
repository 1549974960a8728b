"""Whether a window can be opened at all; asked before Qt, which would end the process."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

NO_SCREEN = "there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set)"


def missing_display() -> str | None:
    """Why no window can be opened here, or None where one can."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None  # macOS and Windows have a screen; a chosen platform plug-in knows what it does
    if os.environ.get("WAYLAND_DISPLAY"):
        return None
    display = os.environ.get("DISPLAY", "")
    if not display:
        return NO_SCREEN
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display)
    if local and not _x_server_listens(int(local[1])):
        return f"the screen {display} does not answer"
    return None


def _x_server_listens(number: int) -> bool:
    path = f"/tmp/.X11-unix/X{number}"
    for address in (path, "\0" + path):  # a file, or Linux' abstract name for it
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            if address[0] == "/" and not Path(address).exists():
                continue
            try:
                connection.connect(address)
            except OSError:
                continue
            return True
    return False
