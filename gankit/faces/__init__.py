"""Faces: rendering them, loading them, and preparing them for training."""

from gankit.faces.files import DATA, FACES_FILE, WEIGHTS, load_faces
from gankit.faces.scaling import FaceScaling

__all__ = ["DATA", "FACES_FILE", "WEIGHTS", "FaceScaling", "load_faces"]
