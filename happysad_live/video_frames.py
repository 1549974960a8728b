"""What a video decoder gives, PyAV's frames and streams, as a person is to see it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_FRAME_PIXELS = 100_000_000
"""The most pixels in a film's picture: 12K has 80 million. A small file may declare any size, and each
picture in work takes three bytes a pixel, several times over."""

UNSPECIFIED = 2
"""AVCOL_SPC_UNSPECIFIED: the video does not say how its colours became luma and chroma."""

CONVERTIBLE = frozenset({0, 1, 4, 5, 6, 7, 9})
"""Values of AVColorSpace that swscale can undo; FFmpeg refuses a picture of another kind, such as YCgCo."""

_SD_SIZE_PX = (1024, 576)

_PQ, _HLG = 16, 18
"""AVCOL_TRC_SMPTE2084 and AVCOL_TRC_ARIB_STD_B67: the curves of ITU-R BT.2100, of a high dynamic range."""

_BT2020 = 9
"""AVCOL_SPC_BT2020_NCL: how the colours of such films become luma and chroma, unless they say otherwise."""

_TO_SCREEN = "out_primaries=bt709:out_transfer=bt709"


def is_too_large(stream: Any) -> bool:
    """Whether the pictures of a stream, PyAV's, are larger than ``MAX_FRAME_PIXELS``."""
    return bool(stream.codec_context.width * stream.codec_context.height > MAX_FRAME_PIXELS)


@dataclass(frozen=True, slots=True)
class DisplayParameters:
    """How a video stream says that its frames are to be displayed; they outlast the stream.

    pixel_aspect: width of a pixel over its height; 1 where the stream does not say.
    transfer: AVColorTransferCharacteristic.
    """

    pixel_aspect: float
    transfer: int

    @classmethod
    def of(cls, stream: Any) -> DisplayParameters:
        """The parameters that a stream of PyAV declares."""
        ratio = stream.sample_aspect_ratio
        aspect = float(ratio) if ratio and 0.1 < float(ratio) < 10 else 1.0
        return cls(aspect, stream.codec_context.color_trc)


class RgbConverter:
    """Turns the frames of one film into RGB pictures; for one thread at a time.

    Phones often record a high dynamic range, which looks dark and washed out as it is. FFmpeg's ``scale``
    filter maps what is brighter or more colourful than an ordinary screen can be into its range: the first
    such frame takes more than a second, for a table of colours, and a Full HD one then 25 to 30 ms.
    """

    def __init__(self) -> None:
        self._graph: Any = None
        self._graph_kind: tuple[object, ...] = ()

    def __call__(self, frame: Any, display: DisplayParameters) -> np.ndarray:
        """The frame as (H, W, 3) uint8 RGB, C-contiguous: square pixels, turned as the file says.

        Raises av.error.FFmpegError for a picture so damaged that nothing can be made of it.
        """
        if display.transfer in (_PQ, _HLG):
            frame = self._in_standard_range(frame)
        return _to_rgb(frame, display.pixel_aspect)

    def _in_standard_range(self, frame: Any) -> Any:
        if frame.colorspace not in CONVERTIBLE:
            frame.colorspace = _BT2020
        kind = frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range
        if kind != self._graph_kind:
            self._graph, self._graph_kind = _standard_range_graph(frame), kind
        self._graph.push(frame)
        return self._graph.pull()


def _standard_range_graph(frame: Any) -> Any:
    import av.filter

    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add(
            "buffer",
            f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1000"
            f":colorspace={int(frame.colorspace)}:range={int(frame.color_range)}",
        ),
        graph.add("scale", _TO_SCREEN),
        graph.add("format", "rgb24"),
        graph.add("buffersink"),
    ).configure()
    return graph


def _to_rgb(frame: Any, aspect: float) -> np.ndarray:
    width = frame.width if math.isclose(aspect, 1, rel_tol=0.005) else max(round(frame.width * aspect), 1)
    image = frame.to_ndarray(
        format="rgb24", width=width, height=frame.height, src_colorspace=_source_colorspace(frame)
    )
    # Counter-clockwise, as np.rot90 counts. A matrix of zeros has no angle.
    quarter_turns = round(frame.rotation / 90) % 4 if abs(frame.rotation) <= 360 else 0
    if _is_mirrored(frame):
        # FFmpeg takes the angle from the matrix's first row, as if the second were not turned over.
        image = np.flipud(image)
    return np.ascontiguousarray(np.rot90(image, quarter_turns))


def _is_mirrored(frame: Any) -> bool:
    """Whether the file says to mirror the picture besides turning it: by a matrix of negative determinant."""
    try:
        matrix = _side_data(frame).get("DISPLAYMATRIX")
    except ValueError:  # there is side data that PyAV has no name for yet, such as a JPEG's EXIF data
        return False
    if matrix is None:
        return False
    a, b, _, c, d = (int(number) for number in np.frombuffer(bytes(matrix), np.int32)[:5])
    return a * d - b * c < 0


def _side_data(frame: Any) -> Any:
    """The same as ``frame.side_data``, in a container that the frame does not refer to.

    With PyAV's own container, it and the frame would keep each other, and the picture, until Python collects
    cycles: gigabytes.
    """
    from av.sidedata.sidedata import SideDataContainer

    return SideDataContainer(frame)


def _source_colorspace(frame: Any) -> str | None:
    """The colour space to convert from; None for what the frame declares, or FFmpeg's BT.601.

    It is BT.709 for a frame that declares none and is larger than standard television, as in players; and for
    one that FFmpeg cannot undo: colours that are a little off are better than no picture.
    """
    if frame.colorspace == UNSPECIFIED:
        is_large = frame.width > _SD_SIZE_PX[0] or frame.height > _SD_SIZE_PX[1]
        return "ITU709" if is_large else None
    return None if frame.colorspace in CONVERTIBLE else "ITU709"


def player_time_s(container: Any, stamp_s: float) -> float:
    """When a player shows what has that stamp in a stream: in seconds from what comes first in the file."""
    start_s = (container.start_time or 0) / 1_000_000  # below 0 where sound is only to prime the decoder
    return max(stamp_s - max(start_s, 0.0), 0.0)
