"""Judging how good a model is: metrics with intervals, plots, the model card."""
