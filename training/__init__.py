"""Making the models that the app runs: data, fitting, judging, model cards."""

MAX_SEED = 2**32 - 1
"""The largest random seed: NumPy would take larger ones, Keras does not."""

NO_LICENCE = "not stated"
"""The licence of data for which the user names none."""

VAL_SHARE = 0.15
"""The share of the pictures for validation, where their sources name none for it."""
