"""What the user prefers: where it is kept, and the dialog that changes it."""
