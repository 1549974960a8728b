"""Making the models that the app runs: data, fitting, judging, model cards."""
