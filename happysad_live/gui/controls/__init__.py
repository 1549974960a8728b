"""What joins the session to the window: the source, the model, the position in a video, the status line."""
