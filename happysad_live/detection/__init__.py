"""Finding faces, and cutting the crop that a model is fed.

The stages, with MediaPipe's two networks, "full" range (for whole pictures) and "short" (for near faces):

- Stretched contrast (``contrast``), smoothed ``noise``: no network sees a dim or hazy picture as it is.
- Full-frame detection (``mediapipe_detector``): a network sees the whole picture, at 192 or 128 pixels.
- Tile search (``tiles``): a network sees overlapping squares of the picture, which show small faces larger.
- Re-detection (``redetection.redetect_near``): a network sees a window around a known face. This keeps faces
  of a video that a frame's detection misses; the next two stages use it, too.
- Verification (``redetection.is_verified``): a detection with a low score counts only where it is detected
  again in a window around it; in a video also one of the short-range network alone.
- Keypoint refinement: the short-range network places eyes and mouth exactly in a small window.
- Deduplication (``same_face.deduplicate``): of boxes that overlap, the first is kept; if they come
  best score first, this is non-maximum suppression.

``finder`` runs them for a picture by itself, ``photographs`` more thoroughly for a still one, and ``watch``
from frame to frame of a video. ``crop`` cuts the faces out.
"""
