"""Faces: rendering them, loading them, and preparing them for training."""
