"""``happysad-train plots``: curves, ROC, confusion, reliability and the hardest mistakes, as PNG files."""

from __future__ import annotations

import io
import itertools
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad_live.core.fonts import FONTS
from happysad_live.errors import TrainingError
from training.files import read_json, read_npz, taken_apart, write_bytes
from training.judging.evaluate import PLOT_NAMES, PREDICTIONS_NAME
from training.judging.metrics import CALIBRATION_BINS, calibration_bin, calibration_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVES_NAME = "curves.png"
HISTORY_NAME = "history.json"
"""The file of a run's training curves: a list for each name, with a value for each epoch."""

GRID_COLUMNS = 4

_COLOURS = ("#d98a00", "#3566b8", "#6b7280", "#c23b3b", "#7a4fb5", "#2d8f8f", "#5f8f2d")
_GOOD, _BAD = "#1b7f3b", "#b3261e"
_DPI = 110

_WHOLE = (-0.03, 1.03)
"""The ends of an axis for shares from 0 to 1, with room for the marks at 0 and 1."""


def make_plots(folder: Path) -> list[Path]:
    """Draw everything that a run's or an evaluation's folder has the numbers for; returns the files.

    Raises TrainingError when the folder holds nothing to draw, or when a file is damaged or not writable.
    """
    written: list[Path] = []
    if (folder / HISTORY_NAME).is_file():
        written.append(draw_curves(_read_history(folder / HISTORY_NAME), folder / CURVES_NAME))
    if (folder / PREDICTIONS_NAME).is_file():
        written += _draw_predictions(folder)
    if not written:  # an evaluation of several models has a folder for each
        for predictions in sorted(folder.glob(f"*/{PREDICTIONS_NAME}")):
            written += _draw_predictions(predictions.parent)
    if not written:
        raise TrainingError(
            f"{folder} holds neither {HISTORY_NAME} nor {PREDICTIONS_NAME}: give the folder of a run, "
            f"or one that happysad-train evaluate --out has written."
        )
    return written


def draw_curves(history: Mapping[str, Sequence[float]], path: Path) -> Path:
    """Draw loss and accuracy over the epochs, and the validation's balanced accuracy by head and source.

    history: for each name a value an epoch: ``loss``, ``val_loss``, ``val_balanced_accuracy/HEAD/SOURCE``;
    ``val_loss/HEAD`` is not drawn. Returns the path. Raises TrainingError when there is nothing to draw, or
    the file cannot be written.
    """
    panels = _panels(history)
    if not panels:
        raise TrainingError(f"There is no figure of the validation to draw in {path.name}.")
    figure = _figure(5.2 * len(panels), 4)
    for axes, (title, lines) in zip(
        np.atleast_1d(figure.subplots(1, len(panels))), panels.items(), strict=True
    ):
        for (label, values), colour in zip(lines.items(), itertools.cycle(_COLOURS)):
            marker = "o" if len(values) == 1 else None  # one point makes no line
            axes.plot(np.arange(1, len(values) + 1), values, marker=marker, color=colour, label=label)
        axes.set(title=title.replace("_", " ").capitalize(), xlabel="Epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.25)
        axes.legend(frameon=False)
    return _saved(figure, path)


def _panels(history: Mapping[str, Sequence[float]]) -> dict[str, dict[str, Sequence[float]]]:
    """Curves by title and label: training beside validation, then what only the validation has."""
    panels: dict[str, dict[str, Sequence[float]]] = {}
    by_head = {name: name.removeprefix("val_").partition("/") for name in history if "/" in name}
    # 'fit' learns from changed pictures and softened labels, on which the loss is higher than in validation.
    # Only 'fit' names figures by head; 'seed', which learns from plain pictures, does not.
    training = "training (changed pictures, soft labels)" if by_head else "training"
    for name in history:
        if f"val_{name}" in history:
            panels[name] = {training: history[name], "validation": history[f"val_{name}"]}
    for name, (title, _, of_what) in by_head.items():
        if title not in history:
            panels.setdefault(f"{title}, validation", {})[of_what.replace("/", ", ")] = history[name]
    return panels


def draw_roc(labels: Sequence[str], truth: np.ndarray, probabilities: np.ndarray, path: Path) -> Path:
    """Draw a ROC curve for each class against the rest, with its area.

    truth: (N,) int, places in ``labels``. probabilities: (N, K) float, rows sum to 1.
    Returns the path. Raises TrainingError when the file cannot be written.
    """
    from sklearn.metrics import auc, roc_curve

    figure = _figure(5.6, 5.2)
    axes = figure.subplots()
    for column in np.unique(truth).tolist():
        false_rate, true_rate, _ = roc_curve(truth == column, probabilities[:, column])
        text = f"{labels[column]}: {auc(false_rate, true_rate):.3f}"
        # Thinner from class to class, so that curves that coincide are all seen.
        axes.plot(
            false_rate,
            true_rate,
            color=_COLOURS[column % len(_COLOURS)],
            linewidth=1.2 + 0.8 * (len(labels) - column),
            label=text,
        )
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linestyle=":", zorder=0)
    axes.set(title="ROC, each class against the rest", xlabel="False positives", ylabel="True positives")
    axes.set_aspect("equal")
    axes.legend(title="Area", frameon=False, loc="lower right")
    return _saved(figure, path)


def draw_confusion(labels: Sequence[str], truth: np.ndarray, predicted: np.ndarray, path: Path) -> Path:
    """Draw the confusion matrix as counts, coloured by the share of the true class.

    truth, predicted: (N,) int, places in ``labels``. Returns and raises as ``draw_roc``.
    """
    from sklearn.metrics import confusion_matrix

    table = confusion_matrix(truth, predicted, labels=np.arange(len(labels)))
    faces = table.sum(axis=1, keepdims=True)
    share = table / np.maximum(faces, 1)
    side = 2.4 + 0.75 * len(labels)
    figure = _figure(side + 0.6, side)
    axes = figure.subplots()
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(table):
        ink = "white" if share[row, column] > 0.55 else "black"
        text = f"{count}\n{share[row, column]:.0%}" if faces[row] else "–"  # no share of nothing
        axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=8)
    axes.set_xticks(range(len(labels)), labels, rotation=40, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set(title="Confusion", xlabel="Called", ylabel="True")
    return _saved(figure, path)


def draw_reliability(truth: np.ndarray, probabilities: np.ndarray, path: Path) -> Path:
    """Draw how often the likeliest class is right against its probability, and how many faces have that.

    truth, probabilities: as for ``draw_roc``. Returns and raises as ``draw_roc``.
    """
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    bins = calibration_bin(confidence)
    counts = np.bincount(bins, minlength=CALIBRATION_BINS)
    used = np.flatnonzero(counts)
    mean = [
        np.bincount(bins, values, CALIBRATION_BINS)[used] / counts[used] for values in (confidence, correct)
    ]
    error = float(calibration_error(np.ones((1, len(truth))), correct, confidence)[0])
    figure = _figure(5.4, 6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot([0, 1], [0, 1], color="#bbbbbb", linestyle=":", zorder=0)
    upper.plot(*mean, color=_COLOURS[1], marker="o", markersize=4)
    upper.set(title=f"Reliability (calibration error {error:.3f})", ylabel="Share that is right", ylim=_WHOLE)
    lower.bar(
        (np.arange(CALIBRATION_BINS) + 0.5) / CALIBRATION_BINS,
        counts,
        width=0.9 / CALIBRATION_BINS,
        color=_COLOURS[1],
    )
    lower.set(xlabel="Probability of the winner", ylabel="Faces", xlim=(0, 1))
    return _saved(figure, path)


def draw_pictures(
    pictures: np.ndarray, titles: Sequence[str], path: Path, right: Sequence[bool] | None = None
) -> Path:
    """Draw a grid of pictures, each with a title. pictures: (N, H, W, 3), uint8 or float 0..1, RGB.

    right: colours the titles green for True and red for False. Returns and raises as ``draw_roc``.
    """
    columns = GRID_COLUMNS if len(pictures) <= 12 else GRID_COLUMNS + 4
    rows = max(-(-len(pictures) // columns), 1)
    figure = _figure(1.9 * columns, 2.1 * rows)
    unmarked: dict[str, Any] = {"xticks": [], "yticks": []}  # hidden marks take more time than the pictures
    cells: list[Axes] = list(np.ravel(figure.subplots(rows, columns, squeeze=False, subplot_kw=unmarked)))
    for axes in cells:
        axes.set_axis_off()
    for number, (axes, picture, title) in enumerate(zip(cells, pictures, titles, strict=False)):
        axes.imshow(picture)
        colour = "black" if right is None else _GOOD if right[number] else _BAD
        axes.set_title(title, fontsize=8, color=colour)
    return _saved(figure, path)


def _read_history(path: Path) -> dict[str, list[float]]:
    """A run's training curves. Raises TrainingError unless they are lists of numbers of one length."""
    problem = f"{path} is damaged: take a copy of it, or train again."
    with taken_apart(problem):
        history = {name: list(map(float, values)) for name, values in read_json(path, problem).items()}
        if len(set(map(len, history.values()))) > 1:
            raise ValueError("figures of different numbers of epochs")
    return history


def _draw_predictions(folder: Path) -> list[Path]:
    problem = f"{folder / PREDICTIONS_NAME} is damaged: run happysad-train evaluate again."
    values = read_npz(folder / PREDICTIONS_NAME, problem)
    with taken_apart(problem):
        labels = [str(name) for name in values["labels"]]
        truth, probabilities = values["truth"], values["probabilities"]
        mistakes, crops = values["mistakes"], values["mistake_crops"]
        if probabilities.shape != (len(truth), len(labels)) or not np.isfinite(probabilities).all():
            raise ValueError("probabilities that fit neither faces nor labels")
        if not _are_rows(truth, len(labels)) or not _are_rows(mistakes, len(truth)) or not len(truth):
            raise ValueError("numbers of classes or faces that are not there")
        if crops.dtype != np.uint8 or crops.shape != (len(mistakes), *crops.shape[1:3], 3):
            raise ValueError("something else than a picture of each mistake")
    predicted = probabilities.argmax(axis=1)
    roc, confusion, reliability, mistaken = (folder / name for name in PLOT_NAMES)
    written = [
        draw_roc(labels, truth, probabilities, roc),
        draw_confusion(labels, truth, predicted, confusion),
        draw_reliability(truth, probabilities, reliability),
    ]
    if len(mistakes):
        titles = [  # numbered as in mistakes.csv
            f"{place}: {labels[truth[row]]}, called\n"
            f"{labels[predicted[row]]} at {probabilities[row].max():.2f}"
            for place, row in enumerate(mistakes, start=1)
        ]
        written.append(draw_pictures(crops, titles, mistaken))
    return written


def _are_rows(numbers: np.ndarray, count: int) -> bool:
    """Whether these are row numbers, (M,) int, of a table with ``count`` rows."""
    is_whole = numbers.ndim == 1 and numbers.dtype.kind in "iu"
    return bool(is_whole and (numbers >= 0).all() and (numbers < count).all())


def _figure(width_inches: float, height_inches: float) -> Figure:
    """A figure without pyplot's global state, drawn with Agg, which needs no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_inches, height_inches), layout="constrained")


def _saved(figure: Figure, path: Path) -> Path:
    import matplotlib
    from matplotlib.font_manager import get_font_names
    from matplotlib.text import Text

    installed = set(get_font_names())
    fonts = [name for name in dict.fromkeys(FONTS.values()) if name in installed]
    buffer = io.BytesIO()
    with warnings.catch_warnings(), matplotlib.rc_context({"text.parse_math": False}):
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a box stands for a letter that no font has
        for text in figure.findobj(Text):
            text.set_parse_math(False)  # “pay$$day” is the name of a source
            text.set_family(fonts)
        figure.savefig(buffer, format="png", dpi=_DPI)
    write_bytes(path, buffer.getvalue())
    return path
