"""What expressions are called elsewhere."""

from __future__ import annotations

LABEL_SYNONYMS = {
    "happiness": "happy", "joy": "happy", "joyful": "happy", "smile": "happy", "smiling": "happy",
    "sadness": "sad", "unhappy": "sad",
    "neutrality": "neutral",
    "anger": "angry",
    "surprised": "surprise",
    "fearful": "fear", "afraid": "fear", "scared": "fear",
    "disgusted": "disgust",
}  # fmt: skip
"""This project's label for each name that other models and data sets use, in lower case."""
