"""What runs behind the window: which source is played and which model labels it, and the threads for both."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum, auto

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from happysad_live.errors import HappySadError
from happysad_live.gui.session.capture import (
    CaptureEvent,
    CaptureWorker,
    Opened,
    Opener,
    SourceEnded,
    SourceFailed,
    SourceIncomplete,
)
from happysad_live.gui.session.frame_flow import FrameFlow
from happysad_live.gui.session.label_worker import PipelineFactory
from happysad_live.gui.session.source_choice import LostCamera, Sources
from happysad_live.gui.session.threads import ThreadGroup
from happysad_live.gui.session.watchdog import Watchdog
from happysad_live.gui.timers import single_shot_timer
from happysad_live.sources import CameraInfo, SourceInfo, may_be_camera

RETRY_MS = 2000
"""How long after it has failed a camera or stream that had played is tried again."""

CLOSE_LIMIT_S = 6.0
"""How long closing waits for the threads. TensorFlow's import cannot be interrupted, and may take longer."""


class State(Enum):
    """What the picture is doing."""

    IDLE = auto()
    """Nothing was asked for yet."""
    OPENING = auto()
    """A source is being opened; one that was lost stays FAILED meanwhile."""
    PLAYING = auto()
    PAUSED = auto()
    """The user holds the picture."""
    ENDED = auto()
    """There is nothing more to play; the last picture stays in view."""
    FAILED = auto()
    """Nothing could be opened, or the picture has stopped."""
    CLOSED = auto()
    """Closed for good."""

    @property
    def plays(self) -> bool:
        """Whether pictures come, or are held."""
        return self in (State.PLAYING, State.PAUSED)

    @property
    def has_picture(self) -> bool:
        """Whether there is a picture from which playing can go on."""
        return self.plays or self is State.ENDED


class Session(QObject):
    """Owns the threads of source and labels; lives in the window's thread.

    frames: brings the frames to the labels and to the window. labelling: its models. watchdog: notices where
    no frames come.
    """

    state_changed = pyqtSignal(object)
    """A State."""
    source_opened = pyqtSignal(object, str)
    """SourceInfo, and why it is not the one asked for (empty when it is)."""
    source_failed = pyqtSignal(str)
    """A sentence for the user; ``is_retrying`` tells whether the source is being tried again by itself."""
    incomplete = pyqtSignal(object)
    """Something of the source cannot be read: the names of the files that are skipped in a folder. Told once,
    and for each further file."""
    cameras_found = pyqtSignal(object)
    """A sequence of CameraInfo. Emitted in the threads that look for cameras."""

    _reported = pyqtSignal(int, object)
    """The ``source_serial`` of a CaptureWorker, and a CaptureEvent of it."""

    def __init__(self, sources: Sources, pipeline_factory: PipelineFactory) -> None:
        super().__init__()
        self._sources = sources
        self.threads = ThreadGroup()
        """Whatever is started here is waited for when the session closes."""
        self.frames = FrameFlow(pipeline_factory, self.threads)
        self.labelling = self.frames.labelling
        self.watchdog = Watchdog(self.frames, self._plays_live)
        self.labelling.ready.connect(self._on_labels_ready)
        self.labelling.failed.connect(self._on_labels_failed)
        self.state = State.IDLE
        self.spec: str | None = None
        self.info: SourceInfo | None = None
        self.loop_files = False
        self._capture: CaptureWorker | None = None
        self._at_camera: CaptureWorker | None = None
        """The last thread that may have a camera open."""
        self._gives_way = False
        """Whether the demo is played if the source gives no picture: it is a camera that nobody named."""
        self._was_lost = False
        """Whether the source is a live one that failed after it had played: from then on it is tried again by
        itself whenever it fails."""
        self._lost_camera: LostCamera | None = None
        """The camera that was lost, until another source is played."""
        self._cameras: Sequence[CameraInfo] = ()
        """Those that were found last."""
        self._was_held = False
        """Whether the user held the picture when it was lost: it is not to go on by itself."""
        self._close_by_s = 0.0
        # Emitted in the workers' threads; in this one, too, where a worker cannot be started.
        self._reported.connect(self._on_event, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        self.cameras_found.connect(self._on_cameras)
        self._retry_timer = single_shot_timer(self, self.retry)

    # --- the picture -------------------------------------------------------------------------

    def play(self, spec: str | None) -> None:
        """Open a source in place of the one before; None: the first camera, else the demo."""
        self._was_lost = self._was_held = False
        self._lost_camera = None
        self.spec = spec
        self.info = None
        self._open(spec)
        self._set_state(State.OPENING)

    def retry(self) -> None:
        """Open the same source again, which has failed; one that was lost stays so until it is back."""
        self._open(self.spec)
        if not self._was_lost:
            self._set_state(State.OPENING)

    @property
    def is_retrying(self) -> bool:
        """Whether a live source that had played is away, and is being tried again by itself."""
        return self._was_lost and self.state is State.FAILED

    def restart(self) -> None:
        """Play the same source from its beginning."""
        self.play(self.spec)

    def toggle_pause(self) -> None:
        """Hold the picture, or let it go on; at the end of a file, play it again."""
        if self.state is State.ENDED:
            self.restart()
        elif self.state is State.PLAYING:
            self._hold()
        elif self.state is State.PAUSED:
            self._go_on()

    @property
    def is_photograph(self) -> bool:
        """Whether what is open is a single picture."""
        return self.info is not None and self.info.is_photograph

    @property
    def length_s(self) -> float | None:
        """How long the source lasts; None where it cannot be sought in."""
        return self.info.length_s if self.info is not None else None

    def seek(self, time_s: float) -> None:
        """Go to a position in the source, in seconds from its beginning; nothing where it has no length.

        A video goes on from there, also after its end, unless it is held. A picture is held: who goes through
        a folder wants to look at it.
        """
        if self._capture is None or self.info is None or self.length_s is None or not self.state.has_picture:
            return
        seek_serial = self.frames.begin_seek()
        if self.state is State.PAUSED or self.info.kind == "images":
            self._hold()
        else:
            self._go_on()
        self._capture.seek(time_s, seek_serial)

    # --- cameras -----------------------------------------------------------------------------

    def look_for_cameras(self) -> None:
        """List the cameras in the background; ``cameras_found`` brings them."""
        if self.state is State.CLOSED or any(thread.name == "cameras" for thread in self.threads.alive()):
            return
        with suppress(HappySadError):  # they are listed the next time
            self.threads.start(threading.Thread(target=self._list_cameras, name="cameras", daemon=True))

    # --- the end -----------------------------------------------------------------------------

    def close(self) -> bool:
        """Stop everything and wait for the threads; twice is harmless.

        Returns False when a thread, stuck in a driver, did not end in time: it ends with the process.
        """
        if self.state is not State.CLOSED:
            self._close_by_s = time.perf_counter() + CLOSE_LIMIT_S
            self._retry_timer.stop()
            self.watchdog.stop()
            self._set_state(State.CLOSED)
            if self._capture is not None:
                self._capture.stop()
            self.frames.close()
        return self.threads.join(self._close_by_s)

    # --- in the window's thread ----------------------------------------------------------------

    def _set_state(self, state: State) -> None:
        if self.state is not State.CLOSED and state is not self.state:
            self.state = state
            self.state_changed.emit(state)

    def _plays_live(self) -> bool:
        return self.state is State.PLAYING and self.info is not None and self.info.live

    def _hold(self) -> None:
        assert self._capture is not None
        self._capture.pause()
        self._set_state(State.PAUSED)

    def _go_on(self) -> None:
        assert self._capture is not None
        self.watchdog.source_goes_on()
        self._capture.resume()
        self._set_state(State.PLAYING)

    def _open(self, spec: str | None) -> None:
        self._gives_way = spec is None
        if spec is None:
            self._capture_from(
                lambda: self._sources.open_first_that_answers(self.cameras_found.emit), takes_camera=True
            )
        else:
            self._capture_from(self._opener(spec), takes_camera=may_be_camera(spec))

    def _opener(self, spec: str) -> Opener:
        if (lost := self._lost_camera) is not None:
            return lambda: self._sources.open_again(lost)
        return lambda: Opened(self._sources.open(spec), spec)

    def _capture_from(self, opener: Opener, *, takes_camera: bool) -> None:
        """Start a capture thread in place of the one before.

        takes_camera: whether a camera of this computer may be opened; the one before must be free then.
        """
        if self.state is State.CLOSED:
            return
        self._retry_timer.stop()
        self.watchdog.end_silence()
        if self._capture is not None:
            self._capture.stop()
        self._capture = CaptureWorker(
            self.frames.begin(),
            opener,
            self.frames.put_captured,
            self._reported.emit,
            reopen=self._sources.open,
            loops=self._loops,
            predecessor=self._at_camera if takes_camera else None,
        )
        try:
            self.threads.start(self._capture)
        except HappySadError as error:
            self._reported.emit(self._capture.source_serial, SourceFailed(str(error), delivered=False))
            return
        if takes_camera:
            self._at_camera = self._capture

    def _on_event(self, source_serial: int, event: CaptureEvent) -> None:
        if self.state is State.CLOSED or source_serial != self.frames.source_serial:
            return
        if isinstance(event, Opened):
            self._on_opened(event)
        elif isinstance(event, SourceFailed):
            self._on_failed(event)
        elif isinstance(event, SourceIncomplete):
            self.incomplete.emit(event.skipped)
        elif isinstance(event, SourceEnded) and self._capture is not None and self._capture.at_end:
            self._set_state(State.ENDED)  # else the user has gone back meanwhile

    def _on_opened(self, opened: Opened) -> None:
        self.info = opened.source.info
        self.spec = opened.spec
        self._gives_way = self._gives_way and not opened.fallback_reason
        if self._was_held:
            self._hold()
        else:
            self._go_on()
        if self.info.kind == "camera" and not self._gives_way:  # then they have just been listed
            self.look_for_cameras()  # to tell it from others if it is lost
        self.source_opened.emit(opened.source.info, opened.fallback_reason)

    def _on_failed(self, event: SourceFailed) -> None:
        if self._gives_way and self.info is not None and not event.delivered:
            # A camera that opens and then gives no picture is as good as none.
            self._gives_way = False
            self._set_state(State.OPENING)
            self._capture_from(lambda: self._sources.open_demo("No camera answered"), takes_camera=False)
            return
        if self.info is not None and self.info.live and event.delivered:
            self._was_lost = True
            if self.info.kind == "camera" and self.spec is not None:
                self._lost_camera = LostCamera.known_from(self._cameras, self.spec, self.info.name)
        if self._was_lost:
            self._retry_timer.start(RETRY_MS)
        if self.is_retrying:
            return  # told when it was lost
        self.watchdog.end_silence()
        self._was_held = self._was_lost and self.state is State.PAUSED
        self._set_state(State.FAILED)
        self.source_failed.emit(event.message)

    def _on_cameras(self, cameras: Sequence[CameraInfo]) -> None:
        self._cameras = cameras

    def _on_labels_ready(self) -> None:
        if self.state is State.ENDED and not self.frames.source_has_labels and not self.is_photograph:
            self.restart()  # a short file was over before there were any labels to show
        else:
            self.frames.label_newest()

    def _on_labels_failed(self) -> None:
        if self.labelling.settings is None:
            self.frames.show_newest()

    # --- in the workers' threads ---------------------------------------------------------------

    def _loops(self, info: SourceInfo) -> bool:
        if info.is_photograph:  # which stays in view
            return False
        return info.kind == "demo" or (info.kind in ("file", "images") and self.loop_files)

    def _list_cameras(self) -> None:
        self.cameras_found.emit(tuple(self._sources.list_cameras()))
