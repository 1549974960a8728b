"""What the user prefers: where it is kept, the dialog that changes it, and the control of both."""
