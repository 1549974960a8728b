"""The student's experiment repeated, to find what its perfect score is worth."""
