"""Following faces from frame to frame: numbers that stay, probabilities and labels that do not flicker."""
