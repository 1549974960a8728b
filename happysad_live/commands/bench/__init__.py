"""``bench``: how fast every stage and the window are on this machine."""
