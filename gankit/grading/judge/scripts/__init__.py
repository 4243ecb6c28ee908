"""Tasks 5 and 6: the verdicts on scripts, and on weights that are read from files."""
