"""Lab: domain transfer with a CycleGAN. Glasses are put on and taken off, light moves, and nobody showed an example.

There are two sets of faces, and nobody is in both: a generator G translates faces of the first kind, x, into the
second, and F translates faces of the second kind, y, back. Each discriminator asks for one kind: does this picture look
like one of ours? That alone would let G put glasses on another person. So a face that was translated there and back has
to be the face that it was: F(G(x)) = x and G(F(y)) = y. This is the cycle loss.

No public set of pictures knows the right answer. Here the renderer draws each test face again with just that change, so
every translation has a truth. And the cycle loss has a price: how dark were the glasses that were taken off? A face
without glasses cannot tell, but the way back needs it. So it stays in the picture, and the lab asks how.

Papers: Zhu, Park, Isola and Efros 2017, Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
Networks; Mao et al. 2017 (least squares); Shrivastava et al. 2017 (the buffer of old pictures); Chu, Zhmoginov and
Sandler 2017, CycleGAN, a Master of Steganography; Bashkirova et al. 2019, Adversarial Self-Defense for Cycle-Consistent
GANs (noise against it).

Deviations:
1. 16x16 gray faces, so the networks are small: two halvings, a residual block, no instance normalisation, which would
   take away a face's brightness. A discriminator's patch is 18 pixels wide.
2. G(x) is x plus a correction, which is 0 at first (`--form picture` draws the whole picture, as the paper does).
3. The weights of cycle and identity loss are 1 and 0.5 instead of 10 and 5: generators that begin with the identity
   would stay there for hundreds of steps. Adam's rate is 0.001 instead of 0.0002.
4. Batches of 8 instead of 1, so the buffer exchanges several pictures at once.
5. The running mean of the weights makes the pictures.

Run: python labs/domain_transfer.py                      (glasses; pictures in outputs/domain_transfer)
     python labs/domain_transfer.py --task light         (light from the left and from the right)
     python labs/domain_transfer.py --cycle-noise 0.1    (noise on what is mapped back, against hidden writing)
     python labs/domain_transfer.py --help               (all settings)
"""

from __future__ import annotations

from gankit import scripts

COMMON = {
    "form": "correction",
    "pictures": 2000,
    "steps": 2400,
    "batch_size": 8,
    "learning_rate": 0.001,
    "decay": 0.5,
    "beta_1": 0.5,
    "beta_2": 0.999,
    "cycle": 1.0,
    "identity": 0.5,
    "buffer": 50,
    "cycle_noise": 0.0,
    "averaging": 0.995,
}
# Light reaches its aim in half of the steps.
RECIPES = {"glasses": COMMON, "light": {**COMMON, "steps": 1200}}
SETTINGS = ("batch_size", "learning_rate", "beta_1", "beta_2", "cycle", "identity", "buffer", "cycle_noise", "seed")
CHOICES = {"form": (("correction", "picture"), "what a generator draws: a correction of its input, or all")}
PARSER = scripts.RecipeCommandLine(__doc__, "labs/domain_transfer", RECIPES, CHOICES, selector="task")
scripts.answer_at_once(__name__, PARSER)

import numpy as np
import tensorflow as tf
from tensorflow import keras

from gankit.faces import FaceScaling
from gankit.faces.domains import two_domains
from gankit.fast import Adam
from gankit.models import AdversarialModel, PictureBuffer
from gankit.networks.translation import patch_discriminator, translator
from gankit.randomness import make_stream, new_seed
from gankit.training import Run
from gankit.training import translation as training
from gankit.training.callbacks import FallingRates, LossCurve
from gankit.training.faces import steps_per_call


class CycleGAN(AdversarialModel):
    """Two generators and two discriminators, with least squares, cycle and identity losses.

    Parameters
    ----------
    networks : mapping of str to keras.Model
        `forward_generator` (G, source to target), `backward_generator` (F, target to source), `source_discriminator`
        and `target_discriminator`, which map pictures to scores of any shape.
    source, target : numpy.ndarray
        Pictures of the two kinds, `(n, ...)` and `(m, ...)`, prepared for training. Their rows are unrelated.
    batch_size, learning_rate, beta_1, beta_2, seed, decoding
        As in :class:`gankit.models.gan.GAN`.
    cycle, identity : float
        Weights of the two losses.
    buffer : int
        Old pictures that each discriminator is shown, at least a batch; 0 for none.
    cycle_noise : float
        Deviation of noise on translated pictures before they are mapped back, in units of the networks; 0 for none.
    """

    loss_names = ("discr_loss", "gen_loss", "cycle_loss", "identity_loss")

    def __init__(
        self,
        networks: dict[str, keras.Model],
        source: np.ndarray,
        target: np.ndarray,
        batch_size: int = 8,
        learning_rate: float = 0.001,
        beta_1: float = 0.5,
        beta_2: float = 0.999,
        cycle: float = 1.0,
        identity: float = 0.5,
        buffer: int = 50,
        cycle_noise: float = 0.0,
        seed: int | None = None,
        decoding: FaceScaling | None = None,
    ):
        seed = new_seed() if seed is None else seed
        of_generators, of_discriminators = (Adam(learning_rate, beta_1=beta_1, beta_2=beta_2) for _ in range(2))
        streams = {name: make_stream(seed + number) for number, name in enumerate(("buffer", "noise"), start=10)}
        super().__init__(
            networks,
            {name: of_generators if name.endswith("generator") else of_discriminators for name in networks},
            examples={"source": source, "target": target},
            seed=seed,
            streams=streams,
            decoding=decoding,
        )
        self.batch_size, self.cycle, self.identity, self.cycle_noise = batch_size, cycle, identity, cycle_noise
        self.source_buffer, self.target_buffer = (
            PictureBuffer(buffer, each.shape[1:], streams["buffer"], tf.as_dtype(each.dtype))
            for each in (source, target)
        )

    def other_variables(self) -> dict[str, tf.Variable]:
        """Return the pictures in both buffers, so that checkpoints hold them."""
        buffers = {"source": self.source_buffer, "target": self.target_buffer}
        return {f"{kind}_{name}": each for kind, buffer in buffers.items() for name, each in buffer.variables().items()}

    def generator_loss(self, fake_scores: tf.Tensor) -> tf.Tensor:
        """Mean of (D(fake) - 1)^2: small when D scores fakes as real pictures."""
        return tf.reduce_mean((fake_scores - 1.0) ** 2)

    def discriminator_loss(self, real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
        """Half of the mean of (D(real) - 1)^2 plus the mean of D(fake)^2."""
        return (tf.reduce_mean((real_scores - 1.0) ** 2) + tf.reduce_mean(fake_scores**2)) / 2.0

    def distance(self, pictures: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
        """Mean of |a - b| over all pixels: the L1 distance of cycle and identity loss."""
        return tf.reduce_mean(tf.abs(pictures - others))

    def disturbed(self, pictures: tf.Tensor) -> tf.Tensor:
        """Add the noise that comes before the way back."""
        if not self.cycle_noise:
            return pictures
        return pictures + self.cycle_noise * self.noise_stream.normal(tf.shape(pictures), pictures.dtype)

    def train_step(self, _: object) -> dict[str, tf.Tensor]:
        """Update both generators and then both discriminators, on one batch of each kind; return the losses."""
        translate, translate_back = self.forward_generator, self.backward_generator
        source, target = self.draw("source", self.batch_size), self.draw("target", self.batch_size)

        # ---- Generators: minimise  (D_Y(G(x)) - 1)^2 + (D_X(F(y)) - 1)^2
        #      + cycle * (|F(G(x)) - x| + |G(F(y)) - y|) + identity * (|G(y) - y| + |F(x) - x|) ----
        variables = translate.trainable_variables + translate_back.trainable_variables
        with tf.GradientTape() as tape:
            fake_target, fake_source = translate(source, training=True), translate_back(target, training=True)
            target_scores = self.target_discriminator(fake_target, training=True)
            source_scores = self.source_discriminator(fake_source, training=True)
            gen_loss = self.generator_loss(target_scores) + self.generator_loss(source_scores)
            returned_source = translate_back(self.disturbed(fake_target), training=True)
            returned_target = translate(self.disturbed(fake_source), training=True)
            cycle_loss = self.distance(returned_source, source) + self.distance(returned_target, target)
            identity_loss = self.distance(translate(target, training=True), target)
            identity_loss += self.distance(translate_back(source, training=True), source)
            whole_loss = gen_loss + self.cycle * cycle_loss + self.identity * identity_loss
        gradients = tape.gradient(whole_loss, variables)
        self.forward_generator.optimizer.apply_gradients(zip(gradients, variables))

        # ---- Discriminators, on these fakes and older ones: minimise  [(D_Y(y) - 1)^2 + D_Y(G(x))^2] / 2
        #      + [(D_X(x) - 1)^2 + D_X(F(y))^2] / 2 ----
        variables = self.target_discriminator.trainable_variables + self.source_discriminator.trainable_variables
        fake_target, fake_source = self.target_buffer.exchange(fake_target), self.source_buffer.exchange(fake_source)
        with tf.GradientTape() as tape:
            discr_loss = self.discriminator_loss(
                self.target_discriminator(target, training=True), self.target_discriminator(fake_target, training=True)
            ) + self.discriminator_loss(
                self.source_discriminator(source, training=True), self.source_discriminator(fake_source, training=True)
            )
        gradients = tape.gradient(discr_loss, variables)
        self.target_discriminator.optimizer.apply_gradients(zip(gradients, variables))

        losses = {"discr_loss": discr_loss, "gen_loss": gen_loss}
        return {**losses, "cycle_loss": cycle_loss, "identity_loss": identity_loss}


def cycle_networks(form: str, seed: int) -> dict[str, keras.Model]:
    """Build the four networks for faces of 16x16 pixels, `(batch, 16, 16, 1)`."""
    return {
        "forward_generator": translator(form, seed=4 * seed),
        "backward_generator": translator(form, seed=4 * seed + 1),
        "source_discriminator": patch_discriminator(seed=4 * seed + 2),
        "target_discriminator": patch_discriminator(seed=4 * seed + 3),
    }


def main(arguments: list[str] | None = None) -> None:
    """Translate faces in both directions, compare them with the truth, and look for what is hidden in them."""
    options = PARSER.parse_args(arguments)
    with PARSER.open_output(options) as output:
        # ---- Data: intensities from 0 to 1 -> [-1, 1]; nobody is in both sets ----
        faces = two_domains(options.task, options.pictures, options.seed)
        scaling = FaceScaling.symmetric()
        source, target = scaling.apply(faces.source)[..., None], scaling.apply(faces.target)[..., None]

        # ---- Networks and model ----
        gan = CycleGAN(
            cycle_networks(options.form, options.seed),
            source,
            target,
            **scripts.values_of(options, SETTINGS),
            decoding=scaling,
        )

        # ---- Training. The means of the weights come first, because the frames use them ----
        forward = training.KeptTranslator(gan.forward_generator, scaling, options.averaging)
        backward = training.KeptTranslator(gan.backward_generator, scaling, options.averaging)
        film = training.Film(forward, backward, faces, options.steps)
        rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
        curve = LossCurve(every=max(1, options.steps // 100))
        run, steps = Run(output.checkpoints, options), steps_per_call(options.steps)
        callbacks = [forward, backward, rates, film, curve]
        run.fit(gan, 1, options.steps, title="CycleGAN", callbacks=callbacks, steps_per_call=steps)

        # ---- Measures: errors against the truth, and what the translated pictures hide ----
        paired = training.with_pairs(faces, scaling, run, options)
        errors = training.translation_errors(faces, (forward, backward), paired)
        hidden = training.hidden_information(faces, forward, backward, options.seed)
        output.save_record({"errors": errors, "hidden": hidden, "training_seconds": run.seconds})

        # ---- Pictures ----
        output.save_figures(training.figures(faces, forward, backward, hidden, film, curve, options.seed))
        output.save_animation(film.pictures(), "training.gif", film.steps, enlarged=3)
    print(training.table(errors, hidden))
    print(f"Pictures, the animation and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
