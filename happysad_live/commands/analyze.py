"""``analyze``: label whole sources without a window, into files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import cache

from happysad_live.commands.loading import load_pipeline
from happysad_live.commands.result_files import ResultFiles
from happysad_live.commands.result_names import (
    result_stems,
    spare_others_files,
    take_results,
    take_unused_results,
)
from happysad_live.config import AnalyzeConfig
from happysad_live.core.cores import usable_cores
from happysad_live.core.counts import counted, percent_of_some
from happysad_live.core.prefetch import closing_map, parallel_map
from happysad_live.core.printable import printable
from happysad_live.core.types import Frame, FrameResult
from happysad_live.errors import RecordingError, SourceError
from happysad_live.exit_codes import EXIT_DONE, EXIT_FAILED
from happysad_live.interruptions import interruptions_held
from happysad_live.pipeline import Pipeline
from happysad_live.progress import progress_bar
from happysad_live.recording.label_lines import LabelHeader
from happysad_live.sources import may_be_live, open_source
from happysad_live.sources.address import without_password
from happysad_live.sources.base import Source, SourceInfo
from happysad_live.terminal import print_message, print_result

MAX_FRAMES_AT_ONCE = 8
"""How many threads may find faces at once, and as many classify them: with more, frames would fill the memory
while they wait for the one thread that reads and the one that writes."""

MEMORY_BYTES = 1_000_000_000
"""How much memory the pictures that are in work at the same time may take."""


@dataclass(slots=True)
class _Summary:
    """The counts for one source. dropped: pictures of a live source that came while others were labelled."""

    frames: int = 0
    dropped: int = 0
    frames_with_faces: int = 0
    labels: Counter[str] = field(default_factory=Counter)

    def add(self, result: FrameResult) -> None:
        self.frames += 1
        self.frames_with_faces += bool(result.faces)
        self.labels.update(face.label for face in result.faces)

    def __str__(self) -> str:
        total = sum(self.labels.values())
        shares = ", ".join(
            f"{label} {percent_of_some(n / total, is_all=n == total)}"
            for label, n in self.labels.most_common()
        )
        faces = f"{self.frames_with_faces} with faces" + (f" ({shares})" if shares else "")
        dropped = f"; {self.dropped} more came too fast to be labelled" if self.dropped else ""
        return f"{counted(self.frames, 'frame')}, {faces}{dropped}"


def run(config: AnalyzeConfig) -> int:
    """Analyze each source in turn, also after one that fails.

    Returns the exit code: 1 where a source failed or broke off, or some of its pictures could not be read.
    Raises UsageError for names that would collide or take another file's place, SourceError or RecordingError
    when the only source fails, ModelError when the model cannot be used, and KeyboardInterrupt. Where a
    source breaks off or Ctrl-C is pressed, the files hold what came before.
    """
    stems = result_stems(config.sources)
    for spec, stem in zip(config.sources, stems, strict=True):
        if not may_be_live(spec):  # the results of a live one replace nothing
            spare_others_files(spec, stem, config)
    failed = False
    with ExitStack() as stack:

        @cache
        def get_pipeline() -> Pipeline:
            """The pipeline, built when it is first needed: a wrong file name is told without that wait."""
            return stack.enter_context(closing(load_pipeline(config.model, config.device)))

        for spec, stem in zip(config.sources, stems, strict=True):
            try:
                failed |= not _analyze(spec, stem, stems, config, get_pipeline)
            except (SourceError, RecordingError) as error:
                if len(config.sources) == 1:
                    raise
                print_message(f"{without_password(spec)}: {error}")
                failed = True
    return EXIT_FAILED if failed else EXIT_DONE


def _analyze(
    spec: str,
    stem: str,
    stems: Sequence[str],
    config: AnalyzeConfig,
    get_pipeline: Callable[[], Pipeline],
) -> bool:
    """Label one source into its files; returns whether all its pictures could be read.

    stems: those of all sources.
    """
    with open_source(spec) as source:
        pipeline = get_pipeline()
        info = source.info
        if info.live:
            stem, lock = take_unused_results(config.out, stem, stems)
        else:
            lock = take_results(config.out, stem)
        with lock:
            model = pipeline.bundle
            if info.frame_rate:
                info = replace(info, frame_rate=info.frame_rate / config.every)
            name = without_password(spec)
            header = LabelHeader(name, model.name, model.sha256, info.width, info.height, pipeline.labels)
            files = ResultFiles(config.out, stem, config.formats, header, info, overlay=config.overlay)
            _fill_files(spec, source, pipeline, files, config)
    return not source.incomplete


def _fill_files(
    spec: str, source: Source, pipeline: Pipeline, files: ResultFiles, config: AnalyzeConfig
) -> None:
    pipeline.reset()
    summary = _Summary()
    try:
        _label_frames(source, pipeline, files, summary, config)
        if not summary.frames:
            raise SourceError(f"{without_password(spec)} has no picture that can be read.")
    except BaseException as error:
        if summary.frames:
            _print_summary(spec, summary, files, _end_early(files, error))
        else:  # earlier results of that name stay
            files.abort()
        raise
    try:
        files.finish()
    except RecordingError:
        _print_summary(spec, summary, files, "not every file could be completed: ")
        raise
    _print_summary(spec, summary, files, "")


def _end_early(files: ResultFiles, error: BaseException) -> str:
    """Complete the files as far as they go; returns why they end, as the beginning of a sentence."""
    if isinstance(error, SourceError | KeyboardInterrupt):
        files.finish()
        how = "broke off" if isinstance(error, SourceError) else "interrupted"
        return f"{how}; what was done so far is complete: "
    files.keep()  # a full disk, most of all: hours of work must not be lost with the last frame
    kept = "the files hold what could be written of" if files.written() else "no file could be written of"
    return f"ended early; {kept} "


def _label_frames(
    source: Source, pipeline: Pipeline, files: ResultFiles, summary: _Summary, config: AnalyzeConfig
) -> None:
    """Label the chosen frames and write them: reading, networks and writing overlap, a frame on each core."""
    at_once = _frames_at_once(source.info)
    frames = _chosen_frames(source, summary, config)
    found = parallel_map(pipeline.find, frames, at_once, "find", source.close)
    completed = closing_map(pipeline.complete, found)
    classified = parallel_map(pipeline.classify, completed, at_once, "label", source.close)
    results = closing_map(pipeline.follow, classified)
    with closing(results), progress_bar(source.info.name, _total(source.info, config), "frames/s") as advance:
        for result in results:
            with interruptions_held():  # a frame is in every file, or in none
                files.write(result)
                summary.add(result)
            advance()


def _total(info: SourceInfo, config: AnalyzeConfig) -> int | None:
    """How many frames will be labelled, roughly where a file does not count them; None where not known."""
    frames = info.frame_count
    if frames is None and info.length_s and info.frame_rate:  # Matroska and WebM only say how long they last
        frames = round(info.length_s * info.frame_rate)
    if frames is not None and config.seconds is not None and info.frame_rate:
        frames = min(frames, math.ceil(config.seconds * info.frame_rate))
    return None if frames is None else math.ceil(frames / config.every)


def _frames_at_once(info: SourceInfo) -> int:
    """How many frames to work on at once: one a core, but fewer large ones.

    With each some nine pictures wait, of three bytes a pixel.
    """
    room = MEMORY_BYTES // (27 * info.width * info.height)
    return max(min(usable_cores(), MAX_FRAMES_AT_ONCE, room), 1)


def _chosen_frames(source: Source, summary: _Summary, config: AnalyzeConfig) -> Generator[Frame, None, None]:
    frame = source.read()
    dropped_before = source.dropped  # while the model was loaded
    end_s = math.inf if config.seconds is None else config.seconds
    # To the microsecond, as it is written: the difference of two stamps may fall just short of a second.
    while frame is not None and round(frame.time_s, 6) < end_s:
        if config.every > 1:
            frame = replace(frame, duration_s=None)  # its labels hold for those that are left out as well
        elif frame.duration_s is not None:
            frame = replace(frame, duration_s=min(frame.duration_s, end_s - frame.time_s))
        if frame.index % config.every == 0:
            yield frame
        frame = source.read()
        summary.dropped = source.dropped - dropped_before


def _print_summary(spec: str, summary: _Summary, files: ResultFiles, prefix: str) -> None:
    print_result(f"{printable(without_password(spec))}: {prefix}{summary}")
    written = files.written()  # a full disk may have taken nothing of one
    for path in written:
        print_result(f"  {printable(str(path))}")
    if older := files.left_as_before():
        names = ", ".join(printable(path.name) for path in older)
        print_message(f"Note: not written anew{', and older than these' if written else ''}: {names}.")
