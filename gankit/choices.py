"""Names that options and code share. Importing this module does not import TensorFlow."""

LATENT_TYPES = ("normal", "uniform", "spheric")
# What the last layer of a fully connected discriminator applies to its score.
DISCRIMINATOR_OUTPUTS = ("tanh", "linear")
CLOUDS = ("circle", "four_clouds", "corner_cloud")
NETWORKS = ("convolutional", "wide")
# Heights and widths of faces that `python -m gankit.faces` makes.
FACE_SIZES = (16, 32, 64)
# Options of a command line that say where and when, and not what: they change nothing in a run's result.
NOT_SETTINGS = ("output", "resume", "checkpoint_every")
