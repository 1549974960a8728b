"""Finding faces, and cutting the crop that a model is fed."""
