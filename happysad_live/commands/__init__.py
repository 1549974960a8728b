"""The commands that need no window, one module each; every ``run`` returns an exit code."""
