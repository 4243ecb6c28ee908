"""Faces: rendering them, loading them, and preparing them for training."""

from gankit.faces.files import FACES_FILE, load_faces
from gankit.faces.scaling import FaceScaling

__all__ = ["FACES_FILE", "FaceScaling", "load_faces"]
