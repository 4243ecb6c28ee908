"""Known-wrong classes outside the losses: constructors, samplers, `fit`, training mode, reports, other forms of examples.

Every entry is (name, idea that has to be named, scenes to play, edits of the reference).
"""

from submissions.wrong.training_steps import D_APPLY, DRAWS, G_APPLY, G_UPDATE, LOOP, RETURN

STEP = "    def train_step(self, _: object)"


def method(text):
    """Add a method, or override the base's."""
    return [(STEP, text.strip("\n") + "\n\n" + STEP)]


REAL, FAKE = (
    "    def get_real_sample(self, size=None):\n",
    "    def get_fake_sample(self, size=None, training=False):\n",
)
SAMPLERS, LOSSES = {"samplers"}, {"points", "pictures"}

SAMPLING = [
    (
        "real examples, whatever size",
        "real_size",
        SAMPLERS,
        method(f"{REAL}        return super().get_real_sample()\n"),
    ),
    (
        "all real examples",
        "real_size",
        SAMPLERS,
        method(f"{REAL}        return tf.random.shuffle(self.real_examples)\n"),
    ),
    (
        "one real example",
        "real_shape",
        SAMPLERS,
        method(f"{REAL}        return super().get_real_sample(size)[0]\n"),
    ),
    (
        "always the first real examples",
        "real_not_random",
        SAMPLERS,
        method(f"{REAL}        return self.real_examples[: size or self.batch_size]\n"),
    ),
    (
        "drawn with replacement",
        "real_replacement",
        SAMPLERS,
        method(
            f"{REAL}        places = tf.random.uniform([size or self.batch_size], 0, len(self.real_examples), tf.int32)\n"
            "        return tf.gather(self.real_examples, places)\n"
        ),
    ),
    (
        "noise on real examples",
        "real_rows",
        SAMPLERS,
        method(
            f"{REAL}        real = super().get_real_sample(size)\n        return real + 0.1 * tf.random.normal(tf.shape(real))\n"
        ),
    ),
    (
        "no size for real examples",
        "sampler_error",
        SAMPLERS,
        method("    def get_real_sample(self):\n        return super().get_real_sample()\n"),
    ),
    (
        "fakes, whatever size",
        "fake_size",
        SAMPLERS,
        method(f"{FAKE}        return super().get_fake_sample(training=training)\n"),
    ),
    (
        "latents for fakes",
        "fake_shape",
        SAMPLERS,
        method(f"{FAKE}        return self.latent_generator(size or self.batch_size)\n"),
    ),
    (
        "latents of its own for fakes",
        "fake_rows",
        SAMPLERS,
        method(
            f"{FAKE}        return self.generator(tf.random.normal((size or self.batch_size, 2)), training=training)\n"
        ),
    ),
    (
        "training never handed on",
        "fake_training",
        SAMPLERS,
        method(f"{FAKE}        return self.generator(self.latent_generator(size or self.batch_size))\n"),
    ),
    (
        "always in training mode",
        "fake_training",
        SAMPLERS,
        method(f"{FAKE}        return super().get_fake_sample(size, training=True)\n"),
    ),
    (
        "no size for fakes",
        "fake_size",
        SAMPLERS,
        method(
            "    def get_fake_sample(self, training=False):\n        return super().get_fake_sample(training=training)\n"
        ),
    ),
]


def constructor(body, signature="self, *arguments, **options"):
    return method(f"    def __init__({signature}):\n{body}")


BUILDING = {"attributes", "defaults"}
CONSTRUCTION = [
    (
        "an attribute under another name",
        "attribute_missing",
        BUILDING,
        constructor(
            "        super().__init__(*arguments, **options)\n"
            "        self.rate = self.learning_rate\n        del self.learning_rate\n"
        ),
    ),
    (
        "a fixed batch size",
        "attribute_value",
        BUILDING,
        constructor("        super().__init__(*arguments, **options)\n        self.batch_size = 200\n"),
    ),
    (
        "another default",
        "attribute_value",
        BUILDING,
        constructor(
            "        super().__init__(g, d, z, x, batch_size, disc_iter, learning_rate)\n",
            "self, g, d, z, x, batch_size=100, disc_iter=2, learning_rate=0.005",
        ),
    ),
    (
        "arguments in another order",
        "attribute_value",
        BUILDING,
        constructor(
            "        super().__init__(g, d, z, x, batch_size, disc_iter, learning_rate)\n",
            "self, g, d, z, x, disc_iter=2, batch_size=200, learning_rate=0.005",
        ),
    ),
    (
        "an argument too few",
        "cannot_build",
        BUILDING,
        constructor(
            "        super().__init__(g, d, z, x, batch_size, disc_iter)\n",
            "self, g, d, z, x, batch_size=200, disc_iter=2",
        ),
    ),
]
WHOLE = [
    (
        "the fakes' generator is not in training mode",
        "generator_not_training",
        LOSSES | {"modes"},
        [
            (
                "            fake = self.get_fake_sample(training=True)\n            gen_loss",
                "            fake = self.get_fake_sample()\n            gen_loss",
            )
        ],
    ),
    (
        "networks of one layer are expected",
        "modes_error",
        LOSSES | {"modes"},
        [(LOOP, "        assert len(self.discriminator.weights) == len(variables)\n" + LOOP)],
    ),
    (
        "losses as Python numbers",
        "fit_error",
        LOSSES | {"fit"},
        [(RETURN, 'return {"discr_loss": discr_loss.numpy(), "gen_loss": gen_loss')],
    ),
    (
        "an epoch is a single step",
        "fit_steps",
        LOSSES | {"fit"},
        method(
            "    def fit(self, real_examples=None, epochs=1, steps_per_epoch=1, **options):\n"
            "        return super().fit(real_examples, epochs=epochs, steps_per_epoch=1, **options)\n"
        ),
    ),
    (
        "two training steps for one",
        "fit_steps",
        LOSSES | {"fit"},
        method(
            "    def fit(self, real_examples=None, epochs=1, steps_per_epoch=1, **options):\n"
            "        return super().fit(real_examples, epochs=epochs, steps_per_epoch=2 * steps_per_epoch, **options)\n"
        ),
    ),
    (
        "a single epoch",
        "fit_history",
        LOSSES | {"fit"},
        method(
            "    def fit(self, real_examples=None, epochs=1, steps_per_epoch=1, **options):\n"
            "        return super().fit(real_examples, epochs=1, steps_per_epoch=epochs * steps_per_epoch, **options)\n"
        ),
    ),
    (
        "a history without losses",
        "fit_history",
        LOSSES | {"fit"},
        method(
            "    def fit(self, *arguments, **options):\n        history = super().fit(*arguments, **options)\n"
            "        history.history = {}\n        return history\n"
        ),
    ),
    (
        "a loss turned round in the report",
        "report_sign",
        LOSSES,
        [(RETURN, 'return {"discr_loss": -discr_loss, "gen_loss": gen_loss')],
    ),
    (
        "the sum of both losses in the report",
        "report_value",
        LOSSES,
        [(RETURN, 'return {"discr_loss": discr_loss, "gen_loss": discr_loss + gen_loss')],
    ),
    (
        "a vector in the report",
        "not_scalar",
        LOSSES,
        [(RETURN, 'return {"discr_loss": tf.stack([discr_loss, discr_loss]), "gen_loss": gen_loss')],
    ),
    (
        "a tuple of losses",
        "no_dictionary",
        LOSSES,
        [(RETURN, 'return discr_loss, gen_loss, {"discr_loss": discr_loss, "gen_loss": gen_loss')],
    ),
    (
        "the generator first",
        "generator_first",
        LOSSES,
        [
            (
                "        variables = self.discriminator.trainable_variables\n" + LOOP,
                G_UPDATE + "        variables = self.discriminator.trainable_variables\n" + LOOP,
            ),
            ("\n" + G_UPDATE + "\n        return", "\n        return"),
        ],
    ),
    ("the generator twice", "generator_too_often", LOSSES, [(G_APPLY, G_APPLY + G_UPDATE)]),
    (
        "steps by hand",
        "no_update",
        LOSSES,
        [
            (
                D_APPLY,
                "            for variable, gradient in zip(variables, gradients):\n"
                "                variable.assign_sub(self.learning_rate * gradient)\n",
            ),
            (
                G_APPLY,
                "        for variable, gradient in zip(variables, gradients):\n"
                "            variable.assign_sub(self.learning_rate * gradient)\n",
            ),
        ],
    ),
    ("nothing is applied", "no_update", LOSSES, [(D_APPLY, "            pass\n"), (G_APPLY, "")]),
    (
        "the generator shrinks with the discriminator",
        "generator_moved",
        LOSSES,
        [
            (
                D_APPLY,
                D_APPLY + "            for weight in self.generator.trainable_variables:\n"
                "                weight.assign(0.99 * weight)\n",
            )
        ],
    ),
    (
        "RMSprop",
        "other",
        LOSSES,
        [
            (
                "        self.generator.optimizer.apply",
                "        if not hasattr(self, 'own'):\n"
                "            self.own = tf.keras.optimizers.RMSprop(self.learning_rate)\n        self.own.apply",
            )
        ],
    ),
    (
        "a new optimizer with Keras's betas for each update",
        "fresh_optimizer",
        LOSSES,
        [
            (
                "            self.discriminator.optimizer.apply",
                "            tf.keras.optimizers.Adam(self.learning_rate).apply",
            )
        ],
    ),
    (
        "a tenth of the learning rate",
        "learning_rate",
        LOSSES,
        [
            (
                "        self.generator.optimizer.apply",
                "        if not hasattr(self, 'own'):\n"
                "            self.own = tf.keras.optimizers.Adam(self.learning_rate / 10, self.beta_1, self.beta_2)\n"
                "        self.own.apply",
            )
        ],
    ),
    (
        "one optimizer for both networks",
        "shared_optimizer",
        LOSSES,
        [
            (
                "        variables = self.discriminator.trainable_variables\n",
                "        if not hasattr(self, 'both'):\n"
                "            self.both = tf.keras.optimizers.Adam(self.learning_rate, self.beta_1, self.beta_2)\n"
                "            self.both.build(self.discriminator.trainable_variables + self.generator.trainable_variables)\n"
                "        variables = self.discriminator.trainable_variables\n",
            ),
            ("self.discriminator.optimizer.apply", "self.both.apply"),
            ("self.generator.optimizer.apply", "self.both.apply"),
        ],
    ),
    (
        "a misspelt name",
        "step_error",
        LOSSES,
        [("gen_loss = self.generator_loss(", "gen_loss = self.generators_loss(")],
    ),
]
# Of the other tasks, of Keras, of the papers, and mixed up.
WHOLE_CLIP = [
    (
        f"betas of {first} and {second}",
        "betas",
        LOSSES,
        [
            (
                "        self.generator.optimizer.apply",
                "        if not hasattr(self, 'own'):\n"
                f"            self.own = tf.keras.optimizers.Adam(self.learning_rate, {first}, {second})\n"
                "        self.own.apply",
            )
        ],
    )
    for first, second in ((0.3, 0.9), (0.0, 0.9), (0.5, 0.999), (0.9, 0.9), (0.9, 0.5))
]
# What shows in task 1 only, or shows best there.
WHOLE_SIMPLE = [
    (
        "a step for pictures only",
        "points_error",
        LOSSES,
        [(LOOP, "        height, width = self.real_examples.shape[1:3]\n" + LOOP)],
    ),
    (
        "an optimizer that was built for one network",
        "shared_optimizer",
        LOSSES,
        [
            (
                "        variables = self.discriminator.trainable_variables\n",
                "        if not hasattr(self, 'both'):\n"
                "            self.both = tf.keras.optimizers.Adam(self.learning_rate, self.beta_1, self.beta_2)\n"
                "            self.both.build(self.discriminator.trainable_variables)\n"
                "        variables = self.discriminator.trainable_variables\n",
            ),
            ("self.discriminator.optimizer.apply", "self.both.apply"),
            ("self.generator.optimizer.apply", "self.both.apply"),
        ],
    ),
    (
        "the discriminator is never in training mode",
        "discriminator_not_training",
        LOSSES | {"modes"},
        [("(real, training=True)", "(real)"), ("(fake, training=True)", "(fake)")],
    ),
    (
        "noise on everything the discriminator sees",
        "changed_rows",
        LOSSES,
        [
            (
                DRAWS,
                DRAWS + "            real = real + 0.1 * tf.random.normal(tf.shape(real))\n"
                "            fake = fake + 0.1 * tf.random.normal(tf.shape(fake))\n",
            )
        ],
    ),
    (
        "the discriminator shrinks with the generator",
        "discriminator_moved",
        LOSSES,
        [
            (
                G_APPLY,
                "        for weight in self.discriminator.trainable_variables:\n"
                "            weight.assign(0.99 * weight)\n" + G_APPLY,
            )
        ],
    ),
]
WHOLE_GP = [
    (
        "a mixing weight of shape (batch, 1)",
        "pictures_error",
        LOSSES,
        [("        u = self.draw_mixing(real)\n", "        u = tf.random.uniform([tf.shape(real)[0], 1])\n")],
    ),
    (
        "double precision meets single precision",
        "robust_float64",
        LOSSES | {"float64"},
        [
            ("self.match(self.get_real_sample(), fake)", "tf.reshape(self.get_real_sample(), [-1, *fake.shape[1:]])"),
            ("real, fake = self.in_pairs(real, fake)", "real, fake = real[: len(fake)], fake[: len(real)]"),
        ],
    ),
    (
        "the penalty in the report is weighed",
        "report_value",
        LOSSES,
        [('"gp": gp}', '"gp": self.lambda_gp * gp}')],
    ),
    (
        "mixing weights for a whole batch",
        "robust_few",
        LOSSES | {"few"},
        [
            (
                "        u = self.draw_mixing(real)\n",
                "        u = tf.random.uniform([self.batch_size] + [1] * (len(real.shape) - 1))\n",
            ),
        ],
    ),
    (
        "pictures without a channel axis are mixed by broadcasting",
        "robust_no_channel",
        LOSSES | {"no_channel"},
        [
            ("real = self.match(self.get_real_sample(), fake)", "real = tf.cast(self.get_real_sample(), fake.dtype)"),
            ("real, fake = self.in_pairs(real, fake)", "real, fake = real[: len(fake)], fake[: len(real)]"),
        ],
    ),
    (
        "a penalty of zero",
        "penalty_left_out",
        LOSSES,
        [("gp = self.gradient_penalty(real, fake)", "gp = tf.zeros(())")],
    ),
    (
        "lambda is not kept",
        "attribute_missing",
        BUILDING,
        [
            ("        self.lambda_gp = lambda_gp\n", "        self.weight = lambda_gp\n"),
            ("self.lambda_gp", "self.weight"),
        ],
    ),
]
# Each mistake in one of the three files: what goes wrong is the same in all of them.
FILES = ("simple_gan.py", "wgan_clip.py", "wgan_gp.py")
SHARED = SAMPLING + WHOLE
ALL = {file: SHARED[place::3] for place, file in enumerate(FILES)}
ALL["simple_gan.py"] = ALL["simple_gan.py"] + CONSTRUCTION + WHOLE_SIMPLE
ALL["wgan_clip.py"] = ALL["wgan_clip.py"] + WHOLE_CLIP
ALL["wgan_gp.py"] = ALL["wgan_gp.py"] + WHOLE_GP
