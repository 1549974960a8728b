"""Where pictures come from: camera, file, stream, images, demo, all behind one contract."""

from happysad_live.sources.base import Source, SourceInfo
from happysad_live.sources.camera import CameraInfo
from happysad_live.sources.registry import (
    is_camera_number,
    list_cameras,
    may_be_camera,
    may_be_live,
    open_source,
    pictures_spec,
    spec_name,
)

__all__ = [
    "CameraInfo",
    "Source",
    "SourceInfo",
    "is_camera_number",
    "list_cameras",
    "may_be_camera",
    "may_be_live",
    "open_source",
    "pictures_spec",
    "spec_name",
]
