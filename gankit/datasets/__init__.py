"""Data with a known truth: point clouds."""
