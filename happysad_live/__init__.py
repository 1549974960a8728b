"""HappySad Live: sees faces, and says happy or sad for each one as it happens.

Importing this is quick: libraries load when a name is first taken from it, networks when an object is made::

    from happysad_live import EmotionModel, FaceFinder, HappySad

    HappySad().faces(image)  # image: (H, W, 3) uint8 RGB
"""

from __future__ import annotations

from importlib import import_module

# Known to type checkers by its name. ``typing`` takes longer to load than all else before the command line
# handles Ctrl-C, which shows a traceback until then.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from happysad_live.classification.classifier import EmotionModel
    from happysad_live.detection.finder import FaceFinder
    from happysad_live.still import HappySad

__version__ = "0.1.0"
__all__ = ["EmotionModel", "FaceFinder", "HappySad", "__version__"]

_HOMES = {
    "EmotionModel": "happysad_live.classification.classifier",
    "FaceFinder": "happysad_live.detection.finder",
    "HappySad": "happysad_live.still",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from happysad_live.bootstrap import prepare_environment

    prepare_environment(for_script=True)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
