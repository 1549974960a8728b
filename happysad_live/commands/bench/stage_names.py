"""The names of the stages that ``bench`` measures; measuring them imports the networks, and text does not."""

from __future__ import annotations

FRAME_STAGES = ("read", "convert", "detect", "crop", "classify", "track", "draw")
"""The stages of every labelled frame; "show" and "encode" come on top where it is shown or recorded."""

STAGES = (*FRAME_STAGES, "frame", "show", "encode")
