"""Model bundles, and the compiled classifier that runs them."""
