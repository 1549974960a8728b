"""From a face set and a config to a run folder with model bundles."""
