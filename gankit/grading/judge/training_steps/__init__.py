"""Tasks 1 to 3: the verdicts on a class and its training step."""
