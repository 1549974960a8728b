"""Films with a high dynamic range, as phones record them, in the colours of an ordinary screen.

Shown as they are they look dark and washed out. FFmpeg's ``scale`` filter reads their curve and primaries
(ITU-R BT.2100) and maps what is brighter or more colourful than such a screen can be into its range.
"""

from __future__ import annotations

from typing import Any

from happysad_live.video_frames import CONVERTIBLE

_PQ, _HLG = 16, 18
"""AVCOL_TRC_SMPTE2084 and AVCOL_TRC_ARIB_STD_B67: the two curves of BT.2100."""

_BT2020 = 9
"""AVCOL_SPC_BT2020_NCL: how the colours of such films become luma and chroma, unless they say otherwise."""

_TO_SCREEN = "out_primaries=bt709:out_transfer=bt709"


class StandardRange:
    """Brings the frames of one film into the standard range; for one thread at a time.

    The first one takes more than a second, for FFmpeg's table of colours; a Full HD one then 25 to 30 ms.
    """

    def __init__(self) -> None:
        self._graph: Any = None
        self._of: tuple[object, ...] = ()

    def __call__(self, frame: Any, stream: Any) -> Any:
        """A frame as it is, or where its film's range is high, as an RGB frame. Both are PyAV's.

        Raises av.error.FFmpegError.
        """
        if stream.codec_context.color_trc not in (_PQ, _HLG):
            return frame
        if frame.colorspace not in CONVERTIBLE:
            frame.colorspace = _BT2020
        kind = frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range
        if kind != self._of:
            self._graph, self._of = _graph(frame), kind
        self._graph.push(frame)
        return self._graph.pull()


def _graph(frame: Any) -> Any:
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
