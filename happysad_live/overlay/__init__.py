"""Drawing boxes and labels over a frame: one drawing for the window, recordings and exports."""

from happysad_live.overlay.colours import INK, label_colour
from happysad_live.overlay.draw import draw_result
from happysad_live.overlay.placing import Sides

__all__ = ["INK", "Sides", "draw_result", "label_colour"]
