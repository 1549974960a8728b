"""What runs behind the window: the threads that read a source and label its frames. It knows no widget.

- The capture thread (``capture``) reads the source, a file at its own pace (``pacer``), and gives its frames
  indices and times that count on (``continued_times``).
- ``frame_flow`` passes each frame on to the label thread or, until a model is ready and for most frames that
  nobody can see, straight to the window.
- The label thread (``label_worker``) builds a model's pipeline and labels the newest frame; while a clip is
  recorded, a few more may wait (``backlog``). Its results go back through ``frame_flow``: first to the clip
  that is being recorded, then to the window, which paints the newest.
- ``labelling`` starts a label thread for each model and changes over once the new one is ready.
- ``session`` starts a capture thread for each source (``source_choice`` says which) and keeps the state:
  opening, playing, paused, ended, failed, closed.

Objects of ``session``, ``labelling`` and ``background`` live in the window's thread: what the threads report
comes there by queued signals. ``watchdog`` notices there that no frames come, or that the whole program has
stood still. ``background`` does other slow work for the window, and ``threads`` holds every thread that
closing waits for.
"""
