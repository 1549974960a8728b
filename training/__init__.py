"""Making the models that the app runs: data, fitting, judging, model cards."""

MAX_SEED = 2**32 - 1
"""Of the random numbers: NumPy would take larger ones, Keras does not."""

NO_LICENCE = "not stated"
"""Of data whose user names none."""

VAL_SHARE = 0.15
"""Of the pictures that come without a split, for validation."""
