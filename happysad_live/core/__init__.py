"""Values, arithmetic, threads and files that everything else shares: numpy and the standard library only."""
