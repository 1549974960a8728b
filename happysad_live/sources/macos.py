"""Whether macOS lets this program use a camera: the system asks its user once, and keeps the answer."""

from __future__ import annotations

import importlib
import logging
import threading
from typing import Any

ANSWER_LIMIT_S = 8.0
"""How long the user's answer is waited for: less than a camera may take to open."""

_REFUSED = (
    "macOS does not let this program use the camera. "
    "Allow it in the system settings, under Privacy & Security, Camera, and start it again."
)
_ASKING = "macOS is asking whether the camera may be used. Allow it, then open the camera again."

logger = logging.getLogger(__name__)


def why_not_allowed(*, ask: bool) -> str:
    """Why a camera may not be opened, in a sentence; empty where nothing is known against it.

    ask: let macOS ask a user who was never asked, and wait for the answer. OpenCV asks too, but outside the
        main thread it does not wait (opencv#16427).
    """
    try:
        # A module of PyObjC, which cv2-enumerate-cameras depends on.
        foundation = importlib.import_module("AVFoundation")
        status = _status(foundation)
        if status == foundation.AVAuthorizationStatusNotDetermined and ask:
            _wait_for_answer(foundation)
            status = _status(foundation)
            if status == foundation.AVAuthorizationStatusNotDetermined:
                return _ASKING
        refusals = (foundation.AVAuthorizationStatusDenied, foundation.AVAuthorizationStatusRestricted)
    except Exception as problem:  # the system may throw anything; opening the camera may still work
        logger.warning("macOS cannot be asked whether the camera may be used: %s", problem)
        return ""
    return _REFUSED if status in refusals else ""


def _status(foundation: Any) -> int:
    return foundation.AVCaptureDevice.authorizationStatusForMediaType_(foundation.AVMediaTypeVideo)


def _wait_for_answer(foundation: Any) -> None:
    answered = threading.Event()
    foundation.AVCaptureDevice.requestAccessForMediaType_completionHandler_(
        foundation.AVMediaTypeVideo, lambda _allowed: answered.set()
    )
    answered.wait(ANSWER_LIMIT_S)
