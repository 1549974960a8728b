"""Drawing boxes and labels over a frame: one drawing for the window, recordings and exports."""
