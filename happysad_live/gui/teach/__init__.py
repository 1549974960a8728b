"""“Teach it my face”: the dialog, and the run behind it."""
