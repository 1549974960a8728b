"""``classify``: label every face of every image."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from happysad_live.commands.loading import load_pipeline
from happysad_live.config import Device
from happysad_live.core.cores import usable_cores
from happysad_live.core.label_text import face_text
from happysad_live.core.prefetch import parallel_map
from happysad_live.core.printable import printable
from happysad_live.core.shown_face import from_left_to_right
from happysad_live.core.types import Frame, FrameResult
from happysad_live.errors import SourceError
from happysad_live.exit_codes import EXIT_DONE, EXIT_FAILED
from happysad_live.pipeline import Pipeline
from happysad_live.progress import progress_bar
from happysad_live.recording.label_lines import frame_labels, label_to_dict
from happysad_live.sources.images import find_images, load_image
from happysad_live.terminal import print_json, print_message, print_result

Told: TypeAlias = dict[str, Any] | str
"""What is told of an image: as JSON, or as a line."""

MAX_IMAGES_AT_ONCE = 4
"""How many threads may label images at once; with more, large photographs would fill the memory."""


def run(images: tuple[Path, ...], *, model: str, device: Device, as_json: bool) -> int:
    """Label the images; what cannot be read is told on stderr, and the others are still done.

    Returns the exit code. Raises SourceError when none of the paths holds an image, and ModelError when the
    model cannot be used.
    """
    paths, problems = _listed(images)
    for problem in problems if paths else problems[:-1]:
        print_message(str(problem))
    if not paths:
        if as_json:
            print_json([])
        raise problems[-1]
    tell: Callable[[Path, FrameResult], Told] = _describe if as_json else _line
    described: list[dict[str, Any]] = []
    unreadable = len(problems)
    try:
        with (
            closing(load_pipeline(model, device)) as pipeline,
            progress_bar("Labelling pictures", len(paths), "pictures/s") as advance,
            closing(_each_told(paths, pipeline, tell)) as outcomes,
        ):
            for outcome in outcomes:
                if isinstance(outcome, SourceError):
                    print_message(str(outcome))
                    unreadable += 1
                elif isinstance(outcome, str):
                    print_result(outcome)
                else:
                    described.append(outcome)
                advance()
    finally:
        # After Ctrl-C too: without its end, the list could not be read at all.
        if as_json:
            print_json(described)
    return EXIT_FAILED if unreadable else EXIT_DONE


def _listed(images: tuple[Path, ...]) -> tuple[list[Path], list[SourceError]]:
    """The files of all paths, each once, and what is wrong with paths without any, or folders below them."""
    paths: list[Path] = []
    problems: list[SourceError] = []
    for given in images:
        try:
            paths += find_images(given, lambda problem, _: problems.append(problem))
        except SourceError as problem:
            problems.append(problem)
    return list(dict.fromkeys(paths)), problems  # a folder may have come with a picture out of it


def _each_told(
    paths: Sequence[Path], pipeline: Pipeline, tell: Callable[[Path, FrameResult], Told]
) -> Generator[Told | SourceError, None, None]:
    """What ``tell`` makes of each image in turn, or why it cannot be read; one is labelled on each core."""
    reading = Lock()

    def label(path: Path) -> Told | SourceError:
        try:
            with reading:  # which is much the shorter part, and needs the most memory
                image = load_image(path)
        except SourceError as error:
            return error
        result = pipeline.process(Frame(image, 0, 0.0, time.perf_counter(), name=path.name, still=True))
        return tell(path, result)

    workers = min(usable_cores(), MAX_IMAGES_AT_ONCE)
    # Ctrl-C closes the pipeline at once: a search that goes on, for seconds in a photograph, fails then.
    return parallel_map(label, (path for path in paths), workers, "label", release=pipeline.close)


def _describe(path: Path, result: FrameResult) -> dict[str, Any]:
    return {
        "image": str(path),
        "width": result.frame.width,
        "height": result.frame.height,
        "faces": [label_to_dict(face, with_track=False) for face in frame_labels(result).faces],
    }


def _line(path: Path, result: FrameResult) -> str:
    faces = map(face_text, from_left_to_right(result.faces))
    return f"{printable(str(path))}: {', '.join(faces) or 'no face'}"
