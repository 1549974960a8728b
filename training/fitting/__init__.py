"""Fitting: training on a face set by a config, into a run folder with model bundles."""
