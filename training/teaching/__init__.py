"""“Teach it my face”: a model's last layer, retrained for one person."""
