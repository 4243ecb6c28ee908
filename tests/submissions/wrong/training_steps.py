"""Known-wrong training steps: the reference with one mistake each, as `old text -> new text`.

Every entry is (name, idea that has to be named, edits). An edit (old, new) replaces every occurrence of old.
"""

# ---- what the three tasks share ----
LOOP = "        for _ in range(self.disc_iter):\n"
DRAWS = """            fake = self.get_fake_sample(training=True)
            real = self.match(self.get_real_sample(), fake)
"""
DRAW_ONCE = """        fake = self.get_fake_sample(training=True)
        real = self.match(self.get_real_sample(), fake)
"""
D_APPLY = "            self.discriminator.optimizer.apply_gradients(zip(gradients, variables))\n"
G_APPLY = "        self.generator.optimizer.apply_gradients(zip(gradients, variables))\n"
G_UPDATE = """        variables = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = self.get_fake_sample(training=True)
            gen_loss = self.generator_loss(self.discriminator(fake, training=True))
        gradients = tape.gradient(gen_loss, variables)
        self.generator.optimizer.apply_gradients(zip(gradients, variables))
"""
RETURN = 'return {"discr_loss": discr_loss, "gen_loss": gen_loss'
G_LINE = "        self.generator.optimizer.apply_gradients"


def indented(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


COMMON = [
    (
        "one generator update for each of the discriminator's",
        "generator_each_time",
        [
            (
                D_APPLY,
                D_APPLY + indented(G_UPDATE) + "            variables = self.discriminator.trainable_variables\n",
            ),
            (G_UPDATE + "\n        return", "        return"),
        ],
    ),
    (
        "the generator's gradients on the discriminator",
        "generator_loss_on_discriminator",
        [
            ("variables = self.generator.trainable_variables", "variables = self.discriminator.trainable_variables"),
            (G_APPLY, G_APPLY.replace("self.generator", "self.discriminator")),
        ],
    ),
    ("disc_iter ignored", "disc_iter_ignored", [(LOOP, "        for _ in range(1):\n")]),
    ("one discriminator update too many", "disc_iter_count", [(LOOP, "        for _ in range(self.disc_iter + 1):\n")]),
    ("no generator update", "no_generator_update", [("\n" + G_APPLY, "\n")]),
    ("no discriminator update", "no_discriminator_update", [("\n" + D_APPLY, "\n")]),
    (
        "the same batches for all updates",
        "same_batch",
        [(DRAWS, ""), (LOOP, DRAW_ONCE + LOOP)],
    ),
    (
        "the same real batch for all updates",
        "same_real_batch",
        [
            ("            real = self.match(self.get_real_sample(), fake)\n", ""),
            (LOOP, "        real = self.get_real_sample()\n" + LOOP),
        ],
    ),
    (
        "the same fakes for all updates",
        "same_fake_batch",
        [
            ("            fake = self.get_fake_sample(training=True)\n            real", "            real"),
            (LOOP, "        fake = self.get_fake_sample(training=True)\n" + LOOP),
        ],
    ),
    (
        "one update moves both networks",
        "joint_update",
        [
            (
                "        variables = self.discriminator.trainable_variables\n",
                "        variables = self.discriminator.trainable_variables + self.generator.trainable_variables\n",
            ),
            (
                "            with tf.GradientTape() as tape:\n                real_scores",
                "            with tf.GradientTape() as tape:\n"
                "                fake = self.get_fake_sample(training=True)\n                real_scores",
            ),
            (
                "            self.discriminator.optimizer.apply",
                "            if not hasattr(self, 'joint'):\n"
                "                self.joint = tf.keras.optimizers.Adam(self.learning_rate, beta_1=self.beta_1, beta_2=0.9)\n"
                "            self.joint.apply",
            ),
        ],
    ),
    (
        "a new optimizer for each update",
        "fresh_optimizer",
        [
            (
                "            self.discriminator.optimizer.apply",
                "            tf.keras.optimizers.Adam(self.learning_rate, beta_1=self.beta_1, beta_2=self.beta_2).apply",
            )
        ],
    ),
    (
        "plain gradient descent",
        "not_adam",
        [
            (
                "        self.generator.optimizer.apply",
                "        tf.keras.optimizers.SGD(self.learning_rate).apply",
            )
        ],
    ),
    (
        "Keras's default betas",
        "betas",
        [
            (
                "        self.generator.optimizer.apply",
                "        if not hasattr(self, 'own'):\n"
                "            self.own = tf.keras.optimizers.Adam(self.learning_rate)\n        self.own.apply",
            )
        ],
    ),
    (
        "a fixed learning rate",
        "learning_rate",
        [
            (
                "        self.generator.optimizer.apply",
                "        if not hasattr(self, 'own'):\n"
                "            self.own = tf.keras.optimizers.Adam(0.001, beta_1=self.beta_1, beta_2=self.beta_2)\n"
                "        self.own.apply",
            )
        ],
    ),
    (
        "losses under swapped keys",
        "reports_swapped",
        [(RETURN, 'return {"discr_loss": gen_loss, "gen_loss": discr_loss')],
    ),
    ("a key is missing", "key_missing", [('"gen_loss": gen_loss', '"generator_loss": gen_loss')]),
    (
        "latents of its own",
        "own_latents",
        [
            (
                "self.get_fake_sample(training=True)",
                "self.generator(tf.random.normal((self.batch_size, 2)), training=True)",
            )
        ],
    ),
    (
        "learns from the argument",
        "argument_used",
        [("def train_step(self, _: object)", "def train_step(self, data: object)"), ("self.get_real_sample()", "data")],
    ),
    (
        "batch of another size",
        "batch_size",
        [("self.get_real_sample(), fake", "self.get_real_sample(3), fake")],
    ),
    (
        "the fake is made outside the generator's tape",
        "no_gradient",
        [
            (
                "        with tf.GradientTape() as tape:\n            fake = self.get_fake_sample(training=True)\n",
                "        fake = self.get_fake_sample(training=True)\n        with tf.GradientTape() as tape:\n",
            )
        ],
    ),
    (
        "the generator reuses the last fakes' latents",
        "generator_batch_reused",
        [
            (
                "fake = self.get_fake_sample(training=True)\n            real",
                "latents = self.latent_generator(self.batch_size)\n"
                "            fake = self.generator(latents, training=True)\n            real",
            ),
            (
                "            fake = self.get_fake_sample(training=True)\n            gen_loss",
                "            fake = self.generator(latents, training=True)\n            gen_loss",
            ),
        ],
    ),
]

# ---- task 1 ----
D1 = "return tf.reduce_mean((real_scores - 1.0) ** 2) + tf.reduce_mean((fake_scores + 1.0) ** 2)"
G1 = "return tf.reduce_mean((fake_scores - 1.0) ** 2)"
MEAN_R, MEAN_F = "tf.reduce_mean(real_scores)", "tf.reduce_mean(fake_scores)"


def discriminator_1(new):
    return [(D1, f"return {new}")]


def generator_1(new):
    return [(G1, f"return {new}")]


SIMPLE_GAN = COMMON + [
    (
        "targets swapped",
        "targets_swapped",
        discriminator_1("tf.reduce_mean((real_scores + 1.0) ** 2) + tf.reduce_mean((fake_scores - 1.0) ** 2)"),
    ),
    (
        "0 instead of -1",
        "fake_target_zero",
        discriminator_1("tf.reduce_mean((real_scores - 1.0) ** 2) + tf.reduce_mean(fake_scores**2)"),
    ),
    (
        "the same target for both",
        "same_target",
        discriminator_1("tf.reduce_mean((real_scores - 1.0) ** 2) + tf.reduce_mean((fake_scores - 1.0) ** 2)"),
    ),
    ("no real term", "real_term_missing", discriminator_1("tf.reduce_mean((fake_scores + 1.0) ** 2)")),
    ("no fake term", "fake_term_missing", discriminator_1("tf.reduce_mean((real_scores - 1.0) ** 2)")),
    (
        "loss turned round",
        "loss_sign",
        discriminator_1("-(tf.reduce_mean((real_scores - 1.0) ** 2) + tf.reduce_mean((fake_scores + 1.0) ** 2))"),
    ),
    (
        "halved",
        "loss_halved",
        discriminator_1("0.5 * (tf.reduce_mean((real_scores - 1.0) ** 2) + tf.reduce_mean((fake_scores + 1.0) ** 2))"),
    ),
    (
        "sums",
        "sum_for_mean",
        discriminator_1("tf.reduce_sum((real_scores - 1.0) ** 2) + tf.reduce_sum((fake_scores + 1.0) ** 2)"),
    ),
    (
        "absolute distances",
        "absolute_for_square",
        discriminator_1("tf.reduce_mean(tf.abs(real_scores - 1.0)) + tf.reduce_mean(tf.abs(fake_scores + 1.0))"),
    ),
    ("square of the mean", "square_of_mean", discriminator_1(f"({MEAN_R} - 1.0) ** 2 + ({MEAN_F} + 1.0) ** 2")),
    (
        "difference of terms",
        "terms_subtracted",
        discriminator_1("tf.reduce_mean((real_scores - 1.0) ** 2) - tf.reduce_mean((fake_scores + 1.0) ** 2)"),
    ),
    ("a Wasserstein loss", "wasserstein_loss", discriminator_1(f"{MEAN_F} - {MEAN_R}")),
    (
        "a cross-entropy",
        "cross_entropy",
        discriminator_1("tf.reduce_mean(tf.nn.softplus(-real_scores)) + tf.reduce_mean(tf.nn.softplus(fake_scores))"),
    ),
    (
        "the generator wants to be found out",
        "generator_target",
        generator_1("tf.reduce_mean((fake_scores + 1.0) ** 2)"),
    ),
    ("the generator aims at 0", "generator_target_zero", generator_1("tf.reduce_mean(fake_scores**2)")),
    ("the generator's loss turned round", "loss_sign", generator_1("-tf.reduce_mean((fake_scores - 1.0) ** 2)")),
    ("the generator's loss is Wasserstein's", "wasserstein_loss", generator_1(f"-{MEAN_F}")),
]

# ---- tasks 2 and 3 ----
D2 = "return tf.reduce_mean(fake_scores) - tf.reduce_mean(real_scores)"
G2 = "return -tf.reduce_mean(fake_scores)"


def critic(new):
    return [(D2, f"return {new}")]


WASSERSTEIN = COMMON + [
    ("real and fake swapped", "real_fake_swapped", critic(f"{MEAN_R} - {MEAN_F}")),
    ("absolute difference", "absolute_difference", critic(f"tf.abs({MEAN_F} - {MEAN_R})")),
    ("means added", "terms_added", critic(f"{MEAN_F} + {MEAN_R}")),
    ("no real term", "real_term_missing", critic(MEAN_F)),
    ("no fake term", "fake_term_missing", critic(f"-{MEAN_R}")),
    ("sums", "sum_for_mean", critic("tf.reduce_sum(fake_scores) - tf.reduce_sum(real_scores)")),
    (
        "task 1's loss",
        "least_squares_loss",
        critic("tf.reduce_mean((real_scores - 1.0) ** 2) + tf.reduce_mean((fake_scores + 1.0) ** 2)"),
    ),
    ("the generator lowers its score", "generator_sign", [(G2, f"return {MEAN_F}")]),
    (
        "the generator's loss is task 1's",
        "least_squares_loss",
        [(G2, "return tf.reduce_mean((fake_scores - 1.0) ** 2)")],
    ),
    ("absolute generator loss", "absolute_scores", [(G2, f"return -tf.abs({MEAN_F})")]),
]
CLIP = """            for variable in variables:
                variable.assign(tf.clip_by_value(variable, -1.0, 1.0))
"""
WGAN_CLIP = WASSERSTEIN[1:] + [
    (
        "one generator update for each of the discriminator's",
        "generator_each_time",
        [
            (CLIP, CLIP + indented(G_UPDATE) + "            variables = self.discriminator.trainable_variables\n"),
            (G_UPDATE + "\n        return", "        return"),
        ],
    ),
    (
        "one update for each term",
        "one_update_per_term",
        [
            (
                "with tf.GradientTape() as tape:\n                real_scores",
                "with tf.GradientTape(persistent=True) as tape:\n                real_scores",
            ),
            (
                "discr_loss = self.discriminator_loss(real_scores, fake_scores)\n",
                "terms = [-tf.reduce_mean(real_scores), tf.reduce_mean(fake_scores)]\n"
                "                discr_loss = terms[0] + terms[1]\n",
            ),
            (
                "            gradients = tape.gradient(discr_loss, variables)\n" + D_APPLY,
                "            for term in terms:\n"
                "                gradients = tape.gradient(term, variables)\n    " + D_APPLY,
            ),
        ],
    ),
    ("not clipped", "not_clipped", [(CLIP, "")]),
    ("only kernels", "biases_not_clipped", [("for variable in variables:", "for variable in variables[::2]:")]),
    ("only biases", "kernels_not_clipped", [("for variable in variables:", "for variable in variables[1::2]:")]),
    ("clipped before the update", "clipped_before_update", [(CLIP, ""), (LOOP, LOOP + CLIP)]),
    (
        "clipped at the end of the step",
        "clipped_late",
        [
            (CLIP, ""),
            (
                "        return {",
                "        for variable in self.discriminator.trainable_variables:\n"
                "            variable.assign(tf.clip_by_value(variable, -1.0, 1.0))\n        return {",
            ),
        ],
    ),
    (
        "clipped once, after the loop",
        "clipped_sometimes",
        [
            (
                CLIP,
                "        for variable in variables:\n            variable.assign(tf.clip_by_value(variable, -1.0, 1.0))\n",
            ),
        ],
    ),
    ("another box", "clip_box", [("-1.0, 1.0", "-0.5, 0.5")]),
    ("the paper's box", "clip_box", [("-1.0, 1.0", "-0.01, 0.01")]),
    ("clipped by norm", "clip_other", [("tf.clip_by_value(variable, -1.0, 1.0)", "tf.clip_by_norm(variable, 1.0)")]),
    (
        "the generator is clipped too",
        "generator_clipped",
        [
            (
                "        return {",
                "        for variable in self.generator.trainable_variables:\n"
                "            variable.assign(tf.clip_by_value(variable, -1.0, 1.0))\n        return {",
            ),
        ],
    ),
    (
        "gradients are clipped instead",
        "gradients_clipped",
        [
            (CLIP, ""),
            (
                "            gradients = tape.gradient(discr_loss, variables)\n",
                "            gradients = tape.gradient(discr_loss, variables)\n"
                "            gradients = [tf.clip_by_value(g, -1.0, 1.0) for g in gradients]\n",
            ),
        ],
    ),
    ("only the last layer", "some_not_clipped", [("for variable in variables:", "for variable in variables[-2:]:")]),
    ("clipped to [0, 1]", "clip_box", [("-1.0, 1.0", "0.0, 1.0")]),
    (
        "statistics are clipped",
        "statistics_clipped",
        [
            (
                "for variable in variables:",
                "for variable in [v for v in self.discriminator.variables if 'float' in str(v.dtype)]:",
            ),
        ],
    ),
]
NORMS = """        squares = tf.reduce_sum(gradients**2, axis=list(range(1, len(gradients.shape))))
"""
MEAN_P = "return tf.reduce_mean((norms - 1.0) ** 2)"
U = "        u = self.draw_mixing(real)\n"
PENALTY_SCORES = "self.discriminator(mixed, training=True)"
ROOT = "        norms = tf.sqrt(tf.maximum(squares, 1e-12))\n"


def penalty(new):
    return [(MEAN_P, f"return {new}")]


WGAN_GP = WASSERSTEIN + [
    (
        "penalty left out of the loss",
        "penalty_left_out",
        [("discr_loss + self.lambda_gp * gp", "discr_loss + 0.0 * gp")],
    ),
    (
        "penalty outside the tape",
        "penalty_left_out",
        [
            (
                "                gp = self.gradient_penalty(real, fake)\n                penalised_loss = discr_loss + self.lambda_gp * gp\n",
                "            gp = self.gradient_penalty(real, fake)\n",
            ),
            ("penalised_loss", "discr_loss"),
        ],
    ),
    ("lambda missing", "lambda_missing", [("self.lambda_gp * gp", "gp")]),
    ("lambda fixed", "lambda_fixed", [("self.lambda_gp * gp", "10.0 * gp")]),
    ("penalty subtracted", "penalty_subtracted", [("discr_loss + self.lambda_gp", "discr_loss - self.lambda_gp")]),
    (
        "lambda on everything",
        "lambda_everywhere",
        [("discr_loss + self.lambda_gp * gp", "self.lambda_gp * (discr_loss + gp)")],
    ),
    ("one norm over the batch", "batch_norm_of_gradient", [(NORMS, "        squares = tf.reduce_sum(gradients**2)\n")]),
    (
        "norm over the first example axis",
        "norm_axis",
        [(NORMS, "        squares = tf.reduce_sum(gradients**2, axis=1)\n")],
    ),
    ("norm along the batch", "norm_axis_batch", [(NORMS, "        squares = tf.reduce_sum(gradients**2, axis=0)\n")]),
    ("squared norm", "norm_not_rooted", [(ROOT, "        norms = squares\n")]),
    ("mean of squares", "norm_of_mean_square", [("tf.reduce_sum(gradients**2", "tf.reduce_mean(gradients**2")]),
    ("pulled to zero", "penalty_to_zero", penalty("tf.reduce_mean(norms**2)")),
    ("one-sided", "penalty_one_sided", penalty("tf.reduce_mean(tf.maximum(norms - 1.0, 0.0) ** 2)")),
    ("not squared", "penalty_not_squared", penalty("tf.reduce_mean(tf.abs(norms - 1.0))")),
    ("mean before square", "penalty_mean_first", penalty("(tf.reduce_mean(norms) - 1.0) ** 2")),
    ("sum", "penalty_sum", penalty("tf.reduce_sum((norms - 1.0) ** 2)")),
    ("weight shared by the batch", "mixing_shared", [(U, "        u = tf.random.uniform(())\n")]),
    ("weight from a normal", "mixing_outside", [(U, U + "        u = tf.random.normal(tf.shape(u))\n")]),
    ("weight per coordinate", "mixing_per_coordinate", [(U, "        u = tf.random.uniform(tf.shape(real))\n")]),
    ("always the middle", "mixing_constant", [(U, "        u = 0.5\n")]),
    (
        "at real examples",
        "penalty_at_real",
        [("        mixed = u * real + (1.0 - u) * fake\n", "        mixed = tf.identity(real)\n")],
    ),
    (
        "at fakes",
        "penalty_at_fake",
        [("        mixed = u * real + (1.0 - u) * fake\n", "        mixed = tf.identity(fake)\n")],
    ),
    ("beyond the segment", "mixing_outside", [("u * real + (1.0 - u) * fake", "real + u * (real - fake)")]),
    ("not a mixture", "mixing_other", [("u * real + (1.0 - u) * fake", "u * real + fake")]),
    (
        "the same weights for every update",
        "mixing_repeated",
        [(U, "        u = tf.random.stateless_uniform([tf.shape(real)[0]] + [1] * (len(real.shape) - 1), [1, 2])\n")],
    ),
    (
        "a tape that watches nothing",
        "no_gradient_of_scores",
        [("            tape.watch(mixed)\n", "")],
    ),
    (
        "the gradient of the mean score",
        "gradient_of_mean",
        [(PENALTY_SCORES, f"tf.reduce_mean({PENALTY_SCORES})")],
    ),
    (
        "a squashed score in the penalty",
        "penalty_other",
        [(PENALTY_SCORES, f"tf.sigmoid({PENALTY_SCORES})")],
    ),
    (
        "the largest entry for the norm",
        "penalty_largest_entry",
        [(ROOT, "        norms = tf.reduce_max(tf.abs(tf.reshape(gradients, [tf.shape(real)[0], -1])), axis=1)\n")],
    ),
    (
        "a root of the sum",
        "norm_not_squared",
        [(ROOT, ROOT.replace("squares", "tf.abs(tf.reduce_sum(tf.reshape(gradients, [tf.shape(real)[0], -1]), 1))"))],
    ),
    (
        "clipping left in",
        "clipping_left",
        [
            (
                D_APPLY,
                D_APPLY
                + "            for weights in variables:\n                weights.assign(tf.clip_by_value(weights, -1, 1))\n",
            )
        ],
    ),
    ("beyond the fake", "mixing_outside", [(U, U + "        u = u - 0.3\n")]),
    ("half the segment", "mixing_not_uniform", [(U, U + "        u = 0.5 * u\n")]),
    ("task 2's betas", "betas", [("beta_1, beta_2 = 0.3, 0.9", "beta_1, beta_2 = 0.5, 0.9")]),
    ("gp not returned", "key_missing", [(', "gp": gp}', "}")]),
    ("NaN at a dead critic", "robust_dead", [(ROOT, "        norms = tf.sqrt(squares)\n")]),
]
ALL = {"simple_gan.py": SIMPLE_GAN, "wgan_clip.py": WGAN_CLIP, "wgan_gp.py": WGAN_GP}
