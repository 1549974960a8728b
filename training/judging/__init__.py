"""How good a model is: figures with intervals, plots, the model card."""
