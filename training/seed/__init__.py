"""The student's experiment again, and what its perfect score is worth."""
