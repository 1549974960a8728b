"""``happysad-train predict``: judging one picture."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from happysad_live.classification.classifier import EmotionModel
from happysad_live.config import Device
from happysad_live.detection.crop import crop_face
from happysad_live.errors import TrainingError
from training.faces.cutting import FaceCutter, main_face, read_picture, resized
from training.faces.faceset import center_crop
from training.judging.evaluate import tell_device


@dataclass(frozen=True, slots=True)
class PicturePrediction:
    """A model's answer for a picture.

    label: the likeliest class. probability: its own. probabilities: those of all classes, by name.
    faces: how many faces were found; with several, the largest and most central one is judged, with
        none, the whole picture.
    threshold: below this probability the window shows a face as unsure.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    faces: int
    threshold: float

    def text(self) -> str:
        """The answer as a person reads it."""
        lines = [f"Predicted class is {self.label} (probability {self.probability:.2f})"]
        others = ", ".join(f"{name} {value:.2f}" for name, value in self.probabilities.items())
        lines.append(f"All classes: {others}")
        if self.probability < self.threshold:
            lines.append(f"That is under the model's threshold of {self.threshold:.2f}: call it unsure.")
        if self.faces == 0:
            lines.append("No face was found, so the whole picture was judged.")
        elif self.faces > 1:
            lines.append(f"{self.faces} faces were found; the largest and most central one was judged.")
        return "\n".join(lines)


def predict_picture(path: Path, model: str, device: Device = "auto") -> PicturePrediction:
    """Judge the main face of a picture file, or the whole picture where no face is found.

    Raises TrainingError when the picture cannot be read, ModelError when the model cannot be used.
    """
    image = read_picture(path)
    if image is None:
        raise TrainingError(f"{path} {_why_not(path)}.")
    classifier = EmotionModel.load(model, device)
    tell_device(classifier)
    crop, faces = main_crop(image)
    probabilities = classifier.probabilities(crop[None])[0]
    best = int(probabilities.argmax())
    return PicturePrediction(
        classifier.labels[best],
        float(probabilities[best]),
        {name: float(value) for name, value in zip(classifier.labels, probabilities, strict=True)},
        faces,
        classifier.threshold,
    )


def main_crop(image: np.ndarray) -> tuple[np.ndarray, int]:
    """The crop of the main face, (256, 256, 3) uint8 RGB, and the number of faces.

    Where the app's own search finds no face, ``FaceCutter.cut`` is tried, and its face counts as 1. Without
    any face, the crop is the whole picture, and the number 0. image: (H, W, 3) uint8 RGB.
    """
    with closing(FaceCutter()) as cutter:
        faces = cutter.finder.find(image, still=True)
        if faces:
            return crop_face(image, main_face(faces, image.shape[1], image.shape[0])), len(faces)
        cut = cutter.cut(image)
    if cut is not None:
        return np.ascontiguousarray(center_crop(cut.context)), 1
    return resized(image), 0


def _why_not(path: Path) -> str:
    if path.is_dir():
        return "is a folder: give one picture, or use happysad-live classify for all"
    return "cannot be read as a picture" if path.is_file() else "does not exist"
