"""What knows what is right: derivations in NumPy, the usual mistakes beside them, and the checks with their points."""
