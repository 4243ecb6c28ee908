"""Lab on measures: what each one sees in generated pictures, and what it misses.

No GAN is trained here. The faces are rendered, so a right answer is known to every question that a measure is asked:
1. Which of two changed faces looks more like the original? The renderer draws the same person in another light, and
   another person in the same light. A distance that compares the layers of a network is held against squared error.
2. What is wrong with a set of faces? Each set has one known fault, such as blur, missing faces, or copies.
3. How smoothly does a generator move from face to face? Path length, on two generators.

Papers: Zhang et al. 2018, The Unreasonable Effectiveness of Deep Features as a Perceptual Metric (LPIPS); Salimans et
al. 2016, Improved Techniques for Training GANs (inception score); Heusel et al. 2017 (Frechet distance); Kynkaanniemi
et al. 2019 (precision, recall); Naeem et al. 2020 (density, coverage); Karras et al. 2019 (path length).

Deviations:
1. The networks are ours: the encoder of rendered faces, and a classifier of six classes (the head is turned to the
   left, to the front or to the right; the light comes from the left or from the right). The papers take Inception or
   VGG, which learned photographs.
2. The perceptual distance has no learned weights. Zhang fitted them to the judgement of people.

Run: python labs/measures.py                (45 s of one core; pictures in outputs/measures)
     python labs/measures.py --size 32      (the first question on faces of 32x32 pixels)
     python -m gankit.metrics real.npz generated.npz       (the measures of your own pictures)
"""

from __future__ import annotations

from gankit import scripts
from gankit.choices import FACE_SIZES

PARSER = scripts.CommandLine(__doc__, "labs/measures")
PARSER.add_argument("--pairs", type=scripts.whole_number(2), default=200, help="faces that are changed")
PARSER.add_argument("--size", type=int, choices=FACE_SIZES, default=16, help="height and width of these faces")
PARSER.add_argument("--examples", type=scripts.whole_number(20, 3000), default=2000, help="faces in a set")
PARSER.add_argument("--steps", type=scripts.whole_number(1), default=1200, help="training steps of the classifier")
scripts.answer_at_once(__name__, PARSER)

from collections.abc import Callable

import numpy as np

from gankit import metrics, plots
from gankit.datasets.baselines import gaussian
from gankit.faces import DATA, changes, load_faces
from gankit.faces.attributes import sample_attributes
from gankit.faces.principal import PrincipalComponents
from gankit.faces.renderer import render
from gankit.networks.face_encoder import FaceEncoder
from pretrained_explorer import load_gan

# ---- 1. Pairs of faces. Of each two changes, the first should be nearer to the original ----
QUESTIONS = {
    "same person in another light,\nnot another person in this light": ("relit", "another person"),
    "shifted by a pixel,\nnot another person in this light": ("shifted", "another person"),
    "shifted, not blurred\n(equal squared errors)": ("shifted", "blurred"),
    "shifted, not noisy\n(equal squared errors)": ("shifted", "noisy"),
    "another light, not noisy\n(equal squared errors)": ("relit", "noisier"),
}


def changed_faces(count: int, size: int, seed: int) -> dict[str, np.ndarray]:
    """Render faces and change them: ``(count, size, size)`` each, intensities in [0, 1], the originals first."""
    attributes = sample_attributes(count, seed)

    def drawn(these: dict[str, np.ndarray]) -> np.ndarray:
        return render(these, size, seed) / 255

    faces, relit = drawn(attributes), drawn(changes.relit(attributes))
    shifted = changes.shifted(faces)
    error = metrics.squared_error(faces, shifted)
    return {
        "original": faces,
        "shifted": shifted,
        "blurred": changes.at_squared_error(changes.blurred, faces, error, largest=size),
        "noisy": changes.at_squared_error(changes.noisy, faces, error, largest=2),
        "relit": relit,
        "noisier": changes.at_squared_error(changes.noisy, faces, metrics.squared_error(faces, relit), largest=8),
        "another person": drawn(changes.another_person(attributes)),
    }


def ranked(
    pictures: dict[str, np.ndarray], distance: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Return the distances of each change from the originals, and the share of right answers to each question."""
    originals = pictures["original"]
    found = {name: distance(originals, changed) for name, changed in pictures.items() if name != "original"}
    return found, {q: metrics.share_ranked(found[near], found[far]) for q, (near, far) in QUESTIONS.items()}


# ---- 2. Sets of faces with one fault ----


def faulty_sets(reference: np.ndarray, fresh: np.ndarray, fresh_light: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Spoil faces that are not in the reference, each time in one way; all sets have its size."""
    count, mean = len(reference), reference.mean(axis=0)
    random = np.random.default_rng(seed)
    faces, forty = fresh[:count], fresh[random.integers(40, size=count)]
    sign = np.where(np.arange(count) % 2, 1, -1)[:, None, None]
    return {
        "new faces (floor)": faces,
        "a little blurred": changes.blurred(faces, np.full(count, 0.6)),
        "a little noisy": changes.noisy(faces, np.full(count, 0.08), seed),
        "a Gaussian": gaussian(reference, count, seed),
        "lit from one side only": np.resize(fresh[fresh_light > 0], faces.shape),
        "40 faces, repeated": forty,
        "one face and its opposite": mean + sign * (fresh[:1] - mean) / 2,
        "copies of the reference": reference[random.permutation(count)],
    }


def measured(
    reference: np.ndarray, faces: np.ndarray, encoder: FaceEncoder, judge: metrics.PictureClassifier
) -> dict[str, float]:
    """Measure a set of faces against the reference, by pixels, by the encoder, and by the classifier."""
    features = encoder.features(reference), encoder.features(faces)
    near = metrics.comparison(*features, len(faces))
    return {
        "Frechet: pixels": metrics.frechet_distance(reference, faces),
        "encoder": metrics.frechet_distance(*features),
        "classifier": metrics.frechet_distance(judge.features(reference), judge.features(faces)),
        "inception": metrics.inception_score(judge.probabilities(faces)),
        **{name: near[name] for name in ("precision", "recall", "density", "coverage")},
        "similarity": metrics.pairwise_similarity(faces),
        "centred": metrics.pairwise_similarity(faces, reference.mean(axis=0)),
        "nearest": float(np.median(metrics.distances_to_nearest(faces, reference))),
    }


# ---- 3. Generators as functions of latents ----
EPSILON = 1e-3  # ten times Karras's: the encoder computes in 32 bits


def path_lengths(
    generate: Callable[[np.ndarray], np.ndarray], dimension: int, count: int, encoder: FaceEncoder, seed: int
) -> dict[str, float]:
    """Measure the path lengths of a generator between normal latents: straight and round paths, both distances."""
    first, last = np.random.default_rng(seed).standard_normal((2, count, dimension))
    return {
        f"{name}, {path}": metrics.path_length(generate, distance, first, last, path == "round", EPSILON, seed)
        for name, distance in {"squared": metrics.squared_error, "perceptual": encoder.perceptual_distance}.items()
        for path in ("straight", "round")
    }


def main(arguments: list[str] | None = None) -> None:
    """Ask the three questions, and draw the answers."""
    options = PARSER.parse_args(arguments)
    with PARSER.open_output(options) as output:
        encoder = FaceEncoder.load()

        # ---- 1. Which change is nearer? ----
        pictures = changed_faces(options.pairs, options.size, options.seed)
        judges = {"squared error": metrics.squared_error, "perceptual distance": encoder.perceptual_distance}
        answers = {name: ranked(pictures, distance) for name, distance in judges.items()}
        shares = {question: {name: answers[name][1][question] for name in judges} for question in QUESTIONS}
        distances = {name: found for name, (found, _) in answers.items()}
        output.save_figure(plots.rankings(pictures, distances, shares), "rankings.png")

        # ---- 2. What is wrong with these faces? The stored faces are those of the renderer's seed 0 ----
        faces, attributes = load_faces().astype(np.float32) / 255, sample_attributes(10_000, seed=0)
        order = np.random.default_rng(options.seed).permutation(len(faces))
        reference, fresh, learned = order[: options.examples], order[3000:7000], order[7000:]
        turned = np.digitize(attributes["yaw"], np.quantile(attributes["yaw"], [1 / 3, 2 / 3]))
        classes = 2 * turned + (attributes["light_x"] > 0)
        judge = metrics.PictureClassifier(faces[learned], classes[learned], 6, options.seed, options.steps)
        sets = faulty_sets(faces[reference], faces[fresh], attributes["light_x"][fresh], options.seed)
        values = {name: measured(faces[reference], these, encoder, judge) for name, these in sets.items()}
        output.save_figure(plots.rows_of_pictures({name: these[:20] for name, these in sets.items()}), "sets.png")

        # ---- 3. How smooth is the way from face to face? ----
        eigenfaces = PrincipalComponents.fit(faces)
        gan = load_gan(DATA / "generator.h5", DATA / "discriminator.h5")
        latents = gan.require_latent_generator().dimension

        def generated(z: np.ndarray) -> np.ndarray:
            return gan.decoding.recover(gan.generator(z.astype(np.float32), training=False))

        lengths = {
            "eigenfaces": path_lengths(eigenfaces.faces, 49, options.pairs, encoder, options.seed),
            "stored generator": path_lengths(generated, latents, options.pairs, encoder, options.seed),
        }
        named = {question.replace("\n", " "): by_distance for question, by_distance in shares.items()}
        output.save_record({"shares_ranked_right": named, "sets": values, "path_lengths": lengths})
    for title, rows in {"Share of faces ranked right": named, "Sets": values, "Path lengths": lengths}.items():
        print(title, scripts.table(rows), "", sep="\n")
    print(f"Pictures and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
