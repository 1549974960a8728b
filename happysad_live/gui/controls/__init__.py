"""What joins the session to the window: source, model, picture, position in a video, status line."""
