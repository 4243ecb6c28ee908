"""Names that options and code share. Importing this module does not import TensorFlow."""

LATENT_TYPES = ("normal", "uniform", "spheric")
NETWORKS = ("convolutional", "wide")
