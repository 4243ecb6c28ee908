"""Known-wrong networks for task 4: the reference with one mistake each."""

UP = """        maps = keras.layers.UpSampling2D()(maps)
        maps = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer=initial())(maps)
        maps = keras.layers.BatchNormalization()(maps)
        return keras.layers.Activation("tanh")(maps)
"""
DOWN = """        maps = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer=initial())(maps)
        maps = keras.layers.MaxPooling2D()(maps)
        return keras.layers.Activation("tanh")(maps)
"""
DENSE = 'keras.layers.Dense(2048, activation="tanh"'
END = "scores = keras.layers.Dense(1, kernel"
G_MODEL, D_MODEL = 'keras.Model(latents, maps, name="generator")', 'keras.Model(pictures, scores, name="discriminator")'


def up(old, new):
    assert old in UP
    return [(UP, UP.replace(old, new))]


def down(old, new):
    assert old in DOWN
    return [(DOWN, DOWN.replace(old, new))]


BUILDER = [
    ("relu in the generator", "activation", up('"tanh"', '"relu"')),
    ("no activation in the generator", "activation_missing", up('keras.layers.Activation("tanh")(maps)', "maps")),
    (
        "no activation in the last block",
        "activation_missing",
        up(
            'return keras.layers.Activation("tanh")(maps)',
            'return keras.layers.Activation("tanh")(maps) if channels > 1 else maps',
        ),
    ),
    (
        "sigmoid at the generator's end",
        "activation",
        up(
            'keras.layers.Activation("tanh")(maps)',
            'keras.layers.Activation("tanh" if channels > 1 else "sigmoid")(maps)',
        ),
    ),
    (
        "activation before batch normalisation",
        "activation_before_norm",
        up(
            'BatchNormalization()(maps)\n        return keras.layers.Activation("tanh")(maps)',
            'Activation("tanh")(maps)\n        return keras.layers.BatchNormalization()(maps)',
        ),
    ),
    ("tanh twice in the generator", "activation_twice", up('padding="same"', 'padding="same", activation="tanh"')),
    (
        "a division by zero in the generator",
        "function_other",
        up('keras.layers.Activation("tanh")(maps)', "keras.layers.Lambda(lambda maps: maps / (maps - maps))(maps)"),
    ),
    (
        "relu in all blocks but the first",
        "activation",
        up(
            'keras.layers.Activation("tanh")(maps)',
            'keras.layers.Activation("tanh" if channels == 64 else "relu")(maps)',
        ),
    ),
    (
        "transposed convolutions",
        "transposed_convolution",
        up(
            'maps = keras.layers.UpSampling2D()(maps)\n        maps = keras.layers.Conv2D(channels, 3, padding="same", kernel_',
            'maps = keras.layers.Conv2DTranspose(channels, 3, strides=2, padding="same", kernel_',
        ),
    ),
    (
        "a pooling is missing",
        "pooling_missing",
        down("keras.layers.MaxPooling2D()(maps)", "keras.layers.MaxPooling2D()(maps) if channels != 64 else maps"),
    ),
    ("bilinear upsampling", "upsampling", up("UpSampling2D()", 'UpSampling2D(interpolation="bilinear")')),
    (
        "upsampling after the convolution",
        "upsampling_order",
        [(UP, "".join([UP.splitlines(True)[i] for i in (1, 0, 2, 3)]))],
    ),
    ("linear dense layer", "dense_activation", [(DENSE, "keras.layers.Dense(2048")]),
    ("relu dense layer", "dense_activation", [(DENSE, DENSE.replace("tanh", "relu"))]),
    (
        "no batch normalisation",
        "batch_norm_missing",
        up("        maps = keras.layers.BatchNormalization()(maps)\n", ""),
    ),
    ("batch normalisation frozen", "not_trainable", up("BatchNormalization()", "BatchNormalization(trainable=False)")),
    ("no bias", "bias_missing", up("3, padding", "3, use_bias=False, padding")),
    ("kernels of 5", "kernel_size", up("channels, 3", "channels, 5")),
    ("other channels", "channels", [("for channels in (64, 16, 1)", "for channels in (64, 32, 1)")]),
    ("a block too few", "layer_missing", [("for channels in (32, 64, 128, 256)", "for channels in (32, 64, 256)")]),
    (
        "batch normalisation in the discriminator",
        "batch_norm_surplus",
        down(
            "MaxPooling2D()(maps)\n", "MaxPooling2D()(maps)\n        maps = keras.layers.BatchNormalization()(maps)\n"
        ),
    ),
    ("relu in the discriminator", "activation", down('"tanh"', '"relu"')),
    (
        "leaky relu in the discriminator",
        "activation",
        down('keras.layers.Activation("tanh")(maps)', "keras.layers.LeakyReLU(0.2)(maps)"),
    ),
    (
        "relu in the discriminator's convolutions, tanh after pooling",
        "activation_twice",
        down('padding="same"', 'padding="same", activation="relu"'),
    ),
    (
        "relu in the discriminator's convolutions, and a sigmoid at its end",
        "activation",
        down('padding="same"', 'padding="same", activation="relu"')
        + [('keras.layers.Activation("tanh")(maps)\n\n    # ---- Gen', "maps\n\n    # ---- Gen")]
        + [(END, 'scores = keras.layers.Dense(1, activation="sigmoid", kernel')],
    ),
    *(
        (f"{word} in the discriminator", "activation", down('keras.layers.Activation("tanh")(maps)', f"{layer}(maps)"))
        for word, layer in (
            ("leaky relu of slope 0.3", "keras.layers.LeakyReLU(0.3)"),
            ("leaky relu of slope 0.01", "keras.layers.LeakyReLU(0.01)"),
            ("elu", "keras.layers.ELU()"),
            ("softplus", 'keras.layers.Activation("softplus")'),
        )
    ),
    (
        "sigmoid in the generator's hidden blocks",
        "activation",
        up('Activation("tanh")', 'Activation("sigmoid" if channels > 1 else "tanh")'),
    ),
    ("selu in the discriminator", "activation", down('"tanh"', '"selu"')),
    ("swish in the generator", "activation", up('"tanh"', '"swish"')),
    (
        "relu in both networks",
        "activation",
        up('"tanh"', '"relu"') + down('"tanh"', '"relu"'),
    ),
    ("no activation in the discriminator", "activation_missing", down('keras.layers.Activation("tanh")(maps)', "maps")),
    (
        "tanh twice in the discriminator",
        "activation_twice",
        down('padding="same"', 'padding="same", activation="tanh"'),
    ),
    ("average pooling", "pooling", down("keras.layers.MaxPooling2D()", "keras.layers.AveragePooling2D(2)")),
    (
        "strides for pooling",
        "pooling",
        [
            (
                DOWN,
                DOWN.replace("channels, 3,", "channels, 3, strides=2,").replace(
                    "        maps = keras.layers.MaxPooling2D()(maps)\n", ""
                ),
            )
        ],
    ),
    (
        "sigmoid at the discriminator's end",
        "critic_bounded",
        [(END, 'scores = keras.layers.Dense(1, activation="sigmoid", kernel')],
    ),
    (
        "dropout in the discriminator",
        "dropout",
        down("MaxPooling2D()(maps)\n", "MaxPooling2D()(maps)\n        maps = keras.layers.Dropout(0.3)(maps)\n"),
    ),
    ("no names", "names", [(G_MODEL, "keras.Model(latents, maps)")]),
    (
        "names swapped",
        "names",
        [
            ('name="generator"', 'name="x"'),
            ('name="discriminator"', 'name="generator"'),
            ('name="x"', 'name="discriminator"'),
        ],
    ),
    ("order swapped", "order_swapped", [("return generator, discriminator\n", "return discriminator, generator\n")]),
    ("only the generator", "not_two_networks", [("return generator, discriminator\n", "return (generator,)\n")]),
    (
        "the same networks at every call",
        "not_fresh",
        [
            (
                "return generator, discriminator\n",
                "return built.setdefault(0, (generator, discriminator))\n\n\nbuilt = {}\n",
            )
        ],
    ),
    ("no padding in the discriminator", "builder_error", down('padding="same"', 'padding="valid"')),
    (
        "an exception",
        "builder_error",
        [("    latents = keras.Input((LATENT_DIMENSION,))\n", "    latents = keras.Input((LATENT,))\n")],
    ),
]
ALL = {"convolutional_gan.py": BUILDER}
