"""Settings for training on faces: three recipes by name. Importing this module does not import TensorFlow.

How the recipes were found stands in ``benchmarks/README.md``.
"""

# "fast": what a laptop does best with in a minute and a half; "best": in half an hour, with networks of more channels;
# "coursework": the older course's 150 epochs of 200 steps, from the initial values that Keras gives.
RECIPES = {
    "fast": {
        "networks": "convolutional",
        "steps": 1800,
        "batch_size": 32,
        "disc_iter": 1,
        "learning_rate": 0.001,
        "decay": 0.0,
        "beta_1": 0.0,
        "beta_2": 0.9,
        "lambda_gp": 2.0,
        "averaging": 0.995,
        "contrast": 0.25,
        "hidden_contrast": 3.0,
    },
    "best": {
        "networks": "wide",
        "steps": 25000,
        "batch_size": 32,
        "disc_iter": 1,
        "learning_rate": 0.001,
        "decay": 0.5,
        "beta_1": 0.0,
        "beta_2": 0.9,
        "lambda_gp": 2.0,
        "averaging": 0.998,
        "contrast": 0.25,
        "hidden_contrast": 1.0,
    },
    "coursework": {
        "networks": "convolutional",
        "steps": 30000,
        "batch_size": 200,
        "disc_iter": 2,
        "learning_rate": 0.0001,
        "decay": 0.0,
        "beta_1": 0.3,
        "beta_2": 0.9,
        "lambda_gp": 10.0,
        "averaging": 0.0,
        "contrast": 1.0,
        "hidden_contrast": 1.0,
    },
}
