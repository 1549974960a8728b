"""Values and arithmetic that everything else shares: numpy and the standard library only."""
