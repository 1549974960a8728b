"""How a face and its label are called, in the picture as in every file."""

from __future__ import annotations

from happysad_live.core.types import UNSURE, LabelledFace

LABEL_FILE_DECIMALS = 4
"""How many decimals a probability has in label files."""

LABEL_FILE_ROUNDING = 10**-LABEL_FILE_DECIMALS
"""By how much two numbers may differ that were the same before a label file rounded them."""


def face_text(face: LabelledFace) -> str:
    """What stands beside a face: "happy 98 %", "unsure", or "sad (own label)" where the user gave it.

    While another label leads, but not by enough to be shown, it is just "happy": a percentage would say that
    the label is less likely than one that is not shown.
    """
    if face.own is not None:
        return own_label_text(face.own)
    return label_text(face.label, face.confidence) if leads(face) else face.label


def leads(face: LabelledFace) -> bool:
    """Whether no label of a face is more likely than the shown one, which is held until one clearly is."""
    return float(face.probabilities.max(initial=0.0)) <= face.confidence + LABEL_FILE_ROUNDING


def face_name(track: int | None) -> str:
    """A face by its number: "Face 2", or "Face" where it has none."""
    return "Face" if track is None else f"Face {track}"


def label_text(label: str, confidence: float) -> str:
    """What the model says, "happy 98 %" or "unsure". confidence: 0..1."""
    if label == UNSURE:
        return UNSURE  # no class that a percentage could belong to
    # Of the number that label files hold, so that a clip's picture, player and subtitles say the same.
    percent = round(100 * round(confidence, LABEL_FILE_DECIMALS))
    return f"{label} {min(percent, 99)} %"  # never 100: no such network is certain


def own_label_text(label: str) -> str:
    """What the user says: "sad (own label)"."""
    return f"{label} (own label)"
