"""Finding faces, and cutting the crop that a model is fed.

The stages, with MediaPipe's two networks, "full" range (for whole pictures) and "short" (for near faces):

- Full-frame detection (``mediapipe_detector``): a network sees the whole picture, at 192 or 128 pixels.
- Tile search (``tiles``): it sees overlapping squares of the picture, in which small faces are large enough.
- Re-detection (``redetection.redetect_near``): it sees a window around a face that is known. So a video's
  faces are kept that a frame's detection misses, and so work the next two stages.
- Verification (``redetection.is_verified``): a detection with a low score, or of one network alone, counts
  only where it is detected again in a window around it.
- Keypoint refinement: the short-range network places eyes and mouth exactly in a small window.
- Deduplication (``mediapipe_detector.deduplicate``): of boxes that overlap the first one is kept; best score
  first, that is non-maximum suppression.

``finder`` runs them for a picture by itself, ``photographs`` more thoroughly for a still one, and ``watch``
from frame to frame of a video. ``crop`` cuts the faces out.
"""
