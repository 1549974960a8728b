"""“Teach it my face”: a last layer for one person."""
