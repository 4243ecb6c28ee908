"""Known-wrong scripts of tasks 5 and 6: the reference with one mistake each."""

TRAIN = "        run.fit(\n"
SAVE_GENERATOR = '        write_weights(output.file("generator.h5"), kept.averaged, gan.decoding, record)\n'
SAVE = SAVE_GENERATOR + (
    '        write_weights(output.file("discriminator.h5"), gan.discriminator, gan.decoding, record)\n'
)
PICTURES = (
    '        output.save_figure(plots.faces_side_by_side(grids), "faces.png")\n'
    '        output.save_figure(plots.losses(curve.losses, curve.steps), "losses.png")\n'
    '        output.save_animation(frames.frames, "training.gif", frames.steps, enlarged=4)\n'
)
FACES = [
    ("faces as intensities", "not_prepared", [("scaling.prepare(faces)", "faces.astype(np.float32) / 255")]),
    ("faces as bytes", "not_prepared", [("scaling.prepare(faces)", "faces.astype(np.float32)")]),
    ("faces shifted by one half", "not_prepared", [("scaling.prepare(faces)", "faces.astype(np.float32) / 127.5 - 1")]),
    (
        "faces standardised",
        "not_prepared",
        [("scaling.prepare(faces)", "(faces - faces.mean(0)) / (faces.std(0) + 1e-6).astype(np.float32)")],
    ),
    ("half of the faces", "not_prepared", [("scaling.prepare(faces)", "scaling.prepare(faces)[::2]")]),
    ("half of the steps", "steps_other", [("steps_per_epoch=options.steps", "steps_per_epoch=options.steps // 2")]),
    ("always ten steps", "steps_other", [("steps_per_epoch=options.steps", "steps_per_epoch=10")]),
    (
        "pictures are not recovered",
        "not_recovered",
        [("        decoding=scaling,", "        decoding=FaceScaling.identity(),")],
    ),
    ("never trained", "script_error", [(TRAIN, "        (lambda *_, **__: None)(\n")]),
    (
        "weights of a fresh network",
        "weights_untrained",
        [
            (
                SAVE,
                "        from convolutional_gan import convolutional_GenDiscr\n"
                "        scaling = FaceScaling.fit(faces)\n"
                "        for name, network in zip(('generator', 'discriminator'), convolutional_GenDiscr()):\n"
                "            write_weights(output.file(f'{name}.h5'), network, scaling, record)\n",
            )
        ],
    ),
    (
        "weights from before the training",
        "weights_untrained",
        [
            (TRAIN, "        first = gan.generator.get_weights()\n" + TRAIN),
            (SAVE, "        kept.averaged.set_weights(first)\n" + SAVE),
        ],
    ),
    (
        "only the discriminator's weights",
        "weights_untrained",
        [(SAVE, SAVE + "        output.file('generator.h5').unlink()\n")],
    ),
    ("no weights", "no_weights", [(SAVE, "")]),
    ("no pictures", "no_pictures", [(PICTURES, "")]),
    ("an exception", "script_error", [("scaling.prepare(faces)", "scaling.scale(faces)")]),
    ("an error status", "script_status", [("    return 130 if run.interrupted else 0", "    return 3")]),
]
LOAD = "    gan.replace_weights(generator_file, discriminator_file)\n"
LATE = "        gan.replace_weights(options.generator, options.discriminator)\n"
LINE = "between = generator((1 - t) * latents[first] + t * latents[last], training=False)"
EXPLORER = [
    (
        "faces recovered by another scaling",
        "not_decoded",
        [("gan.decoding.recover(", "FaceScaling.fit(faces).recover(")],
    ),
    ("weights never loaded", "not_decoded", [(LOAD, "")]),
    (
        "weights loaded too late",
        "not_decoded",
        [(LOAD, ""), ("        output.save_record(", LATE + "        output.save_record(")],
    ),
    (
        "the two files swapped",
        "script_status",
        [("(generator_file, discriminator_file)", "(discriminator_file, generator_file)")],
    ),
    (
        "scores of other faces",
        "no_sorted",
        [("discriminator(outputs[:400]", "discriminator(outputs[:400][::-1]")],
    ),
    (
        "not sorted",
        "no_sorted",
        [("plots.faces_by_score(generated[:400], scores)", "plots.faces_side_by_side({'faces': generated[:400]})")],
    ),
    ("one latent vector", "no_segment", [(LINE, LINE.replace("t * latents[last]", "t * latents[first]"))]),
    (
        "steps of random size",
        "no_segment",
        [("t = np.linspace(0, 1, 20, dtype=np.float32)[:, None]", "t = random.uniform(size=(20, 1))")],
    ),
    ("latents instead of a segment", "no_segment", [(LINE, "between = generator(latents[:20], training=False)")]),
    (
        "noise as the PCA generator",
        "no_components",
        [("principal.faces(random.standard_normal((100, COMPONENTS)))", "random.uniform(size=(100, 16, 16))")],
    ),
    (
        "the real faces as the PCA generator",
        "no_components",
        [("principal.faces(random.standard_normal((100, COMPONENTS)))", "real[:100]")],
    ),
    (
        "sums without their pictures",
        "no_squares",
        [('output.save_figure(plots.squared_sums(sums, COMPONENTS), "chi_squared.png")', "pass")],
    ),
    (
        "half of the pictures",
        "no_sorted",
        [("everything = not (", "everything = False and not ("), ("if options.pca or everything", "if True")],
    ),
    (
        "a grid alone",
        "no_pictures",
        [("everything = not (", "everything = False and not ("), ("if options.grid or everything", "if True")],
    ),
]
ALL = {5: ("face_generator.py", FACES), 6: ("pretrained_explorer.py", EXPLORER)}
