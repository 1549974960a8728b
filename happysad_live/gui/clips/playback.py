"""The thread that reads a clip for the player. It knows no Qt: it hands pictures to callables."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from happysad_live.core.memory import memory_given_back
from happysad_live.errors import HappySadError, RecordingError, unexpected_text
from happysad_live.gui.session.pacer import Pacer
from happysad_live.recording.clip_reader import ClipPicture, ClipReader

logger = logging.getLogger(__name__)


class ClipPlayback(threading.Thread):
    """Shows the picture of any time, or plays at the clip's own pace, as it is told.

    deliver, ended, damaged, failed: called in this thread, and never again once ``stop`` has returned; they
        must not wait. deliver: takes a picture, and the number of the wish that it answers, or since which it
        was played. ended: playing has come to the clip's end. damaged: a part cannot be shown, the rest
        still can. failed: nothing can be shown any more.
    """

    def __init__(
        self,
        video: Path,
        deliver: Callable[[ClipPicture, int], object],
        ended: Callable[[], object],
        damaged: Callable[[str], object],
        failed: Callable[[str], object],
    ) -> None:
        super().__init__(name="clip-playback", daemon=True)
        self._video = video
        self._deliver, self._ended = deliver, ended
        self._damaged, self._failed = damaged, failed
        self._position_s = self._end_s = 0.0  # where playing goes on, and when the last picture is over
        self._news = threading.Condition()
        self._wanted_s: float | None = None
        self._wishes = self._answered = 0
        self._playing = self._stopping = False

    def show(self, time_s: float) -> int:
        """Show the picture of a time; of several wishes only the newest is answered.

        Returns the wish's number. Pictures that were on their way to be shown have a lower one.
        """
        with self._news:
            self._wanted_s = time_s
            self._wishes += 1
            self._news.notify()
            return self._wishes

    def set_playing(self, on: bool) -> None:
        """Play from the picture that is shown, or hold it."""
        with self._news:
            self._playing = on
            self._news.notify()

    def stop(self) -> None:
        """Ask the thread to end; returns at once, twice is harmless."""
        with self._news:
            self._stopping = True
            self._news.notify()

    @memory_given_back()
    def run(self) -> None:
        try:
            with ClipReader(self._video) as reader:
                if reader.seek(0.0) is None:  # or it fails: nothing can be shown, and not just a part
                    raise RecordingError(f"{self._video.name} holds no picture.")
                self._serve(reader)
        except HappySadError as error:
            self._tell(self._failed, str(error))
        except Exception as error:
            logger.exception("the clip's player failed")
            text = unexpected_text(error, "Playing stopped because of an error in this program.")
            self._tell(self._failed, text)

    def _serve(self, reader: ClipReader) -> None:
        while True:
            try:
                self._play(reader)
                return
            except RecordingError as error:
                self.set_playing(False)
                self._tell(self._damaged, str(error))

    def _play(self, reader: ClipReader) -> None:
        """Show and play what is asked for until ``stop``.

        Raises RecordingError where the video is damaged.
        """
        pacer = Pacer()
        held: ClipPicture | None = None  # read, and not shown because playing was interrupted
        while True:
            with self._news:
                was_resting = not self._playing
                self._news.wait_for(lambda: self._stopping or self._playing or self._wanted_s is not None)
                if self._stopping:
                    return
                wanted_s, self._wanted_s = self._wanted_s, None
                self._answered = self._wishes
            if wanted_s is not None:
                held, self._position_s = None, wanted_s
                self._show(reader.seek(wanted_s))
            if wanted_s is not None or was_resting:
                pacer.start(self._position_s, time.perf_counter())  # what is shown has its time, too
                continue
            held = held or reader.read()
            due_s = self._end_s if held is None else held.time_s
            if not self._wait(pacer.due_in_s(due_s, time.perf_counter())):
                continue
            if held is None:
                self.set_playing(False)
                self._tell(self._ended)
            else:
                self._position_s = held.time_s
                pacer.shown(held.time_s, time.perf_counter())
                self._show(held)
                held = None

    def _wait(self, seconds: float) -> bool:
        """Wait for a picture's turn; False when something else was asked for first."""
        with self._news:
            return not self._news.wait_for(
                lambda: self._stopping or not self._playing or self._wanted_s is not None, seconds
            )

    def _show(self, picture: ClipPicture | None) -> None:
        if picture is not None:
            self._end_s = picture.end_s
            self._tell(self._deliver, picture, self._answered)

    def _tell(self, listener: Callable[..., object], *news: object) -> None:
        with self._news:
            if not self._stopping:
                listener(*news)
