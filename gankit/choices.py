"""Names that options and code share. Importing this module does not import TensorFlow."""

LATENT_TYPES = ("normal", "uniform", "spheric")
# The graph contains each update separately. Tracing one takes 0.5 to 2 seconds and 5 to 35 MB.
MOST_DISC_ITER = 100
# What the last layer of a fully connected discriminator applies to its score.
DISCRIMINATOR_OUTPUTS = ("tanh", "linear")
CLOUDS = ("circle", "four_clouds", "corner_cloud")
# Networks for faces; `gankit.faces.WEIGHTS` names stored weights of each.
NETWORKS = ("wide", "convolutional")
# Labelled pictures, and the networks that can be built for them.
PICTURES = ("digits", "mnist", "fashion_mnist")
PICTURE_NETWORKS = ("dcgan", "dense", "upsampling")
# Heights and widths of faces that `python -m gankit.faces` makes.
FACE_SIZES = (16, 32, 64)
# These options say where and when files are written. They do not change the result of a run.
NOT_SETTINGS = ("output", "resume", "checkpoint_every")
# Distributions of points in the plane whose density is known.
DENSITIES = ("gaussian", "ring", "grid", "spiral", "moons", "clouds")
# How the gradient of an integral along a flow is computed.
ODE_GRADIENTS = ("backpropagation", "adjoint")
# The remedies of labs/stabilisers.py.
STABILISERS = (
    "one_sided_smoothing",
    "two_sided_smoothing",
    "feature_matching",
    "historical_averaging",
    "minibatch_discrimination",
    "packing",
    "spectral_norm",
    "unrolling",
    "loss_balancing",
    "accuracy_balancing",
    "averaging",
    "augmentation",
)
# What labs/inpainting.py hides of a face.
HOLES = ("half", "square", "strokes")
