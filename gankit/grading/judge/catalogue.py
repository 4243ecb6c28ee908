"""All that a student may be told, in one place: each mistake with the share of the points that is kept.

A mistake stands under the check that it fails, by the name of its idea; one line may name several checks. The number is
the share of the check's points that is kept, 0 where there is none. The indented lines are the sentence: the idea, the
symptom, and where to look. Words in braces are filled in by the judge. No sentence holds a value that is expected.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Idea:
    """A mistake: the share of the points that is kept, and what the student is told."""

    share: float
    sentence: str


MISTAKES = """
builds, runs, method: import_error
    The file cannot be imported: {error}
builds: cannot_build
    The class cannot be built with its arguments: {error}
builds: attribute_missing 0.5
    The constructor does not keep the argument or setting {attribute} as self.{attribute}, where scripts look for it.
builds: attribute_value 0.5
    self.{attribute} does not have {what}. Look at the constructor.

real_sample, fake_sample: sampler_error
    The sampler raised an error: {error}
real_sample: real_shape
    get_real_sample does not return rows of the shape of the real examples.
real_sample: real_size
    get_real_sample returns a wrong number of rows: it should be {size}.
real_sample: real_rows
    get_real_sample returns rows that are not among the real examples.
real_sample: real_not_random
    get_real_sample returns the same rows at every call. It should draw new ones.
real_sample: real_replacement 0.5
    get_real_sample draws some rows twice. It should draw the rows of a batch without replacement.
fake_sample: fake_shape
    get_fake_sample does not return a batch of the generator's outputs.
fake_sample: fake_size
    get_fake_sample returns a wrong number of fakes: it should be {size}.
fake_sample: fake_rows
    get_fake_sample should return the generator's outputs for latents from latent_generator. It returns something else.
fake_sample: fake_training 0.5
    get_fake_sample does not pass its argument training on to the generator. The argument turns batch normalisation
    and dropout on, and its default is False.

runs: step_error
    The training step raised an error: {error}
runs: pictures_error
    The training step works on points and raises an error on pictures: {error}
    Look for shapes that fit vectors only.
runs: points_error
    The training step works on pictures and raises an error on points: {error}
penalty: no_gradient_of_scores
    A gradient in the penalty is None. A tape watches variables by itself, but a tensor only after tape.watch(tensor),
    which must come before the tensor is used. train_step raised {error}
generator_loss: no_gradient
    The tape sees no path from a loss to the weights that are to be updated. Call the networks and compute the loss
    inside the tape. train_step raised {error}

rhythm: tampered
    The record of the training step is inconsistent: it was tampered with.
rhythm: no_update
    No optimizer updates the weights in a training step: {how}.
rhythm: generator_loss_on_discriminator
    The generator is never updated, and the discriminator has one update too many. The generator's gradients seem to be
    taken for the discriminator's weights.
rhythm: no_generator_update
    The generator's weights are never updated.
rhythm: no_discriminator_update
    The discriminator's weights are never updated.
rhythm: generator_first
    The updates come in the wrong order. All of the discriminator's updates come first, then the generator's.
rhythm: generator_each_time
    The generator is updated after each update of the discriminator. It should have one update in a training step, after
    all of the discriminator's. Look at what is inside the loop.
rhythm: generator_too_often
    The generator is updated more than once in a training step.
rhythm: disc_iter_ignored
    The discriminator is updated once in a training step, whatever disc_iter says. Look at the loop.
rhythm: one_update_per_term
    The discriminator has one update for real examples and another one for fakes. One update should use both terms of
    its loss.
rhythm: disc_iter_count
    The discriminator is not updated disc_iter times in a training step. Look at the loop.

separate: joint_update
    One update moves both networks. Each loss should be minimised by the weights of one network. Look at the variables
    that the gradients are applied to.
separate: generator_moved
    The generator's weights move while the discriminator is being updated. Only one network should learn at a time.
separate: discriminator_moved
    The discriminator's weights move while the generator is being updated. Only one network should learn at a time.
separate: clipping_left
    The discriminator's weights are clipped after its updates. Only task 2 does that.

batches: argument_used
    The training step learns from the batch that Keras passes to it. It should ignore its argument and call
    get_real_sample.
batches: changed_rows
    The discriminator is shown rows that are neither real examples nor fakes.
batches: same_batch
    All updates of the discriminator use the same batch. Each update needs new real examples and new fakes. Look at what
    is drawn outside the loop.
batches: same_real_batch
    All updates of the discriminator use the same real examples. Each update needs new ones. Look at what is drawn
    outside the loop.
batches: same_fake_batch
    All updates of the discriminator use fakes from the same latents. Each update needs new ones. Look at what is drawn
    outside the loop.
batches: batch_size 0.5
    The {whose} batch does not have batch_size rows.
batches: generator_batch_reused 0.5
    The generator's update uses latents from which the discriminator has just learned. It needs new fakes.
batches: own_latents
    The generator gets latents that do not come from latent_generator, or that were changed.

discriminator_loss, generator_loss: loss_sign
    The {network}'s loss has the wrong sign: each update makes the loss larger. Look at how the loss is computed.
discriminator_loss, generator_loss: loss_halved 0.5
    The {network}'s loss is halved. The task's loss has no factor in front of it. Adam hides such a factor, but the
    reported numbers show it.
discriminator_loss, generator_loss: loss_doubled 0.5
    The {network}'s loss is doubled. The task's loss has no factor in front of it.
discriminator_loss, generator_loss: sum_for_mean 0.5
    The {network}'s loss adds up the scores of a batch where it should take their mean.
discriminator_loss: targets_swapped
    The discriminator's two targets are swapped: it learns to take fakes for real examples.
discriminator_loss: fake_target_zero
    The discriminator's target for fakes is 0. The two targets of this task lie on both sides of zero.
discriminator_loss: real_target_zero
    The discriminator's targets are 0 for real examples and -1 for fakes. Check the target for real examples.
discriminator_loss: zero_one_swapped
    The discriminator's targets are swapped, and one of them is 0 instead of -1.
discriminator_loss: same_target
    Real examples and fakes have the same target in the discriminator's loss, so it cannot learn to tell them apart.
discriminator_loss: smoothed_target
    The discriminator's target for real examples is smoothed below 1. This task does not do that.
discriminator_loss: real_term_missing
    The term for real examples is missing from the discriminator's loss.
discriminator_loss: fake_term_missing
    The term for fakes is missing from the discriminator's loss.
discriminator_loss: terms_subtracted
    The discriminator's loss subtracts its two terms. Both should become small, so they are added.
discriminator_loss, generator_loss: square_of_mean
    The {network}'s loss squares the mean of the scores. It should take the mean of the squares, one for each example.
discriminator_loss, generator_loss: root_of_square
    The {network}'s loss takes the root of the mean square. The task's loss has no root.
discriminator_loss, generator_loss: absolute_for_square
    The {network}'s loss takes absolute distances to its target. The task asks for squared distances.
discriminator_loss: squared_sum
    The discriminator's loss squares a sum of scores. It should square the distance of each score to its target.
discriminator_loss, generator_loss: wasserstein_loss
    The {network}'s loss is that of task 2. Compare it with the table of losses.
discriminator_loss, generator_loss: least_squares_loss
    The {network}'s loss is that of task 1. Compare it with the table of losses.
discriminator_loss, generator_loss: cross_entropy
    The {network}'s loss is a cross-entropy. Compare it with the table of losses.
discriminator_loss: hinge_loss
    The discriminator's loss is a hinge loss. Compare it with the table of losses.
discriminator_loss: real_fake_swapped
    Real examples and fakes are swapped in the critic's loss, or its sign is wrong: the critic learns to score fakes
    higher than real examples.
discriminator_loss: terms_added
    The two means in the critic's loss have the same sign. Only their difference tells real examples from fakes.
discriminator_loss: absolute_difference
    The critic's loss takes the absolute value of the difference, so it does not matter which of the two means is
    larger.
discriminator_loss, generator_loss: absolute_scores
    The {network}'s loss takes absolute values of scores or of their mean. The sign of a score matters.
discriminator_loss, generator_loss: squared_scores
    The {network}'s loss squares scores or their difference. The Wasserstein loss uses plain means.
discriminator_loss: gradients_clipped
    The discriminator's gradients are clipped before they are applied. This task does not do that.
discriminator_loss: loss_other
    The discriminator's gradient is not that of the task's loss on the batches it was shown. Compare the loss with the
    table of losses, term by term, and look at what is inside the tape.
generator_loss: generator_target
    The generator's target is the discriminator's target for fakes: it learns to be found out. It should aim at what
    the discriminator answers to real examples.
generator_loss: generator_target_zero
    The generator's target is 0. It should aim at what the discriminator answers to real examples.
generator_loss: generator_sign
    The generator's loss has the wrong sign: it learns to make fakes that score low.
generator_loss: generator_loss_other
    The generator's gradient is not that of the task's loss on the fakes that the discriminator was shown. Compare the
    loss with the table of losses, and look at what is inside the tape.

clipping: clipped_before_update 0.3
    The critic is clipped before its update, and the update takes it out of the box again. Clip after the update.
clipping: clipped_sometimes 0.3
    The critic is clipped after some of its updates only. Look at what is inside the loop.
clipping: clipped_late 0.3
    The critic is clipped only at the end of the training step, so the generator learns from a critic outside the box.
    Clip after each update of the critic.
clipping: not_clipped
    The critic's weights are not clipped.
clipping: biases_not_clipped 0.5
    The critic's biases are not clipped. Clip every trainable weight.
clipping: kernels_not_clipped 0.3
    The critic's kernels are not clipped. Clip every trainable weight.
clipping: some_not_clipped 0.3
    Only some of the critic's weights are clipped. Clip every trainable weight.
clipping: clip_box 0.5
    The critic's weights are clipped to other bounds than the task's.
clipping: clip_other
    The critic's weights change after the update, but not by clipping each of them.
clipping: generator_clipped 0.5
    The generator's weights are clipped too. Only the critic is clipped.
clipping: statistics_clipped 0.7
    The statistics of batch normalisation are clipped. Clip trainable weights only.

penalty: batch_norm_of_gradient
    The penalty takes one norm over the whole batch. It should take one norm for each example.
penalty: norm_axis
    The penalty's norm runs over only one axis of an example. For pictures it must run over every axis but the first.
penalty: norm_axis_batch
    The penalty's norm runs along the batch. It should run over the axes of each example.
penalty: norm_not_rooted
    The penalty compares the squared norm with 1: the root is missing.
penalty: norm_of_mean_square
    The penalty's norm takes the mean of the squares of a gradient. A norm takes their sum.
penalty: penalty_to_zero
    The penalty pulls the norm of the gradient towards 0. The norm should be near 1.
penalty: penalty_one_sided
    The penalty counts norms above 1 only. In this task norms below 1 count too.
penalty: penalty_not_squared
    The penalty does not square the difference between the norm and 1.
penalty: penalty_mean_first
    The penalty squares the mean difference. It should take the mean of the squared differences of all examples.
penalty: penalty_sum
    The penalty adds up over the batch where it should take the mean.
penalty: penalty_sign_plus
    The penalty measures the distance of the norm to -1. It should be the distance to 1.
penalty: penalty_one_norm
    The penalty adds up absolute values for its norm. It should be the Euclidean norm.
penalty: penalty_largest_entry
    The penalty takes the largest entry of a gradient for its norm. It should be the Euclidean norm.
penalty: norm_not_squared
    The penalty takes the root of a sum of entries. It should add up their squares.
penalty: gradient_of_mean
    The penalty takes the gradient of the mean score, which is divided by the size of the batch. Take the gradient of
    the scores themselves.
penalty: penalty_halved
    The penalty is halved. Only lambda_gp stands in front of it.
penalty: penalty_rooted
    The penalty takes a root at its end that the task's penalty does not have.
penalty: penalty_per_coordinate
    The penalty compares every coordinate of the gradient with 1. It should compare the norm of the gradient, one number
    for each example.
penalty: penalty_other
    The loss without the penalty is right, but the gradient of the penalty is not. Compute the norm of dD(x)/dx, one for
    each example, and its squared distance to 1.
penalty_applied: penalty_left_out
    The penalty does not reach the critic's update. It is missing from the loss, or it is computed where the tape does
    not see it.
penalty_applied: lambda_missing 0.5
    The penalty enters the loss without its weight lambda_gp.
penalty_applied: lambda_fixed 0.5
    The weight of the penalty is a fixed number. It should be lambda_gp.
penalty_applied: penalty_subtracted
    The penalty is subtracted from the loss. It is a cost, so it is added.
penalty_applied: lambda_everywhere 0.3
    lambda_gp multiplies the whole loss. It should multiply the penalty alone.
penalty_applied: lambda_misplaced 0.3
    lambda_gp multiplies the wrong part of the loss. It belongs to the penalty.
penalty_applied: only_penalty
    The critic learns from the penalty alone.
penalty_applied: lambda_twice 0.5
    The penalty is multiplied by lambda_gp twice.
penalty_applied: lambda_divides 0.3
    The penalty is divided by lambda_gp. It should be multiplied.
penalty_applied: lambda_halved 0.5
    The weight of the penalty is halved. It should be lambda_gp.
mixing: penalty_at_real, penalty_at_fake
    The penalty is taken at real examples or at fakes themselves. It should be taken at random places between them.
mixing: no_mixing
    The penalty is not taken between real examples and fakes: the critic is never shown a mixture of the two.
mixing: mixing_per_coordinate 0.5
    Every coordinate has an interpolation weight of its own. Each example needs one weight for all its coordinates.
mixing: mixing_other
    The penalty is taken at places that do not lie between a real example and a fake. Look at how the two are mixed.
mixing: mixing_repeated 0.5
    All updates use the same interpolation weights. Each update needs new ones. Look at where they are drawn.
mixing: mixing_constant 0.3
    The penalty is always taken at the same place between real example and fake. Draw the place at random.
mixing: mixing_shared 0.5
    The whole batch shares one interpolation weight. Each example needs its own.
mixing: mixing_outside 0.3
    The penalty is taken beyond the segment between real example and fake. A weight from a normal distribution does
    that, or a wrong sign.
mixing: mixing_not_uniform 0.5
    All interpolation weights lie on one side. Draw them uniformly between 0 and 1.

optimizer: betas 0.5
    The {network}'s Adam does not have this task's two decay rates. Look at its arguments.
optimizer: learning_rate 0.5
    The {network}'s optimizer does not use the learning_rate that was passed. Look at its arguments.
optimizer: ascent
    The {network}'s weights move up the gradient. They should move down.
optimizer: fresh_optimizer
    The {network}'s Adam forgets its running means between updates. It seems to be created anew each time.
optimizer: shared_optimizer
    Both networks seem to share one optimizer. Each needs its own.
optimizer: not_adam
    The {network}'s weights move by plain gradient descent. The task asks for Adam.
optimizer: other
    The {network}'s weights do not move as Adam with the given settings moves them. Look at where the optimizer is made.

reported: no_dictionary
    train_step does not return a dictionary of its losses.
reported: key_missing
    The dictionary that train_step returns has no entry {name!r}. Scripts and plots look for it.
reported: not_scalar 0.5
    train_step returns a loss that is not a single number.
reported: reports_swapped 0.5
    train_step returns a wrong value as {name!r}: the loss of the other network.
reported: report_sign 0.5
    train_step returns a wrong value as {name!r}: its sign is wrong.
reported: report_value 0.5
    train_step returns a wrong value as {name!r}. It is neither the loss of the last update nor the mean of all.

training_mode: modes_error
    The training step raised an error on networks with batch normalisation and dropout: {error}
training_mode: generator_not_training, discriminator_not_training
    A network does not run in training mode in its own update, so dropout is off and the statistics of batch
    normalisation never move. Look for training= at each call.
fit: fit_error
    fit raised {error}
fit: fit_history
    The history that fit returns {what} {name!r}.
fit: fit_steps
    fit does not run epochs * steps_per_epoch training steps: the {network} has a wrong number of updates.
robust: robust_float64, robust_few, robust_no_channel, robust_dead
    The training step fails on {case}: {symptom}

builds: builder_error
    convolutional_GenDiscr() raised {error}
builds: not_two_networks
    convolutional_GenDiscr() does not return two Keras models: first the generator, then the discriminator.
builds: order_swapped
    convolutional_GenDiscr() returns the discriminator first. The generator comes first.
names: names
    A network has a wrong name. They are called 'generator' and 'discriminator'.
fresh: not_fresh
    Two calls return networks that share weights. Each call should build new networks.
generator_layers, discriminator_layers: input_shape
    The {network}'s input does not have the table's shape.
generator_layers, discriminator_layers: output_shape
    The {network}'s output does not have the table's shape, though its weights have. Look at padding, upsampling,
    pooling and reshaping.
generator_layers, discriminator_layers: not_trainable
    Some of the {network}'s weights are frozen.
generator_layers, discriminator_layers: batch_norm_missing
    The {network} lacks a batch normalisation of the table. Compare model.summary() with the table.
generator_layers, discriminator_layers: batch_norm_surplus
    The {network} has a batch normalisation that is not in the table. Compare model.summary() with the table.
generator_layers, discriminator_layers: bias_missing
    A layer of the {network} has no bias. Compare model.summary() with the table.
generator_layers, discriminator_layers: layer_surplus
    The {network} has a layer that is not in the table. Compare model.summary() with the table.
generator_layers, discriminator_layers: layer_missing
    The {network} lacks a layer of the table. Compare model.summary() with the table.
generator_layers, discriminator_layers: transposed_convolution
    The {network} uses transposed convolutions. The table's convolutions are plain ones.
generator_layers, discriminator_layers: pooling_missing
    The {network}'s last layer has too many inputs: a pooling is missing.
generator_layers, discriminator_layers: kernel_size
    A convolution of the {network} does not have the table's kernel size.
generator_layers, discriminator_layers: channels
    A layer of the {network} does not have the table's number of units or channels. Compare model.summary() with it.
generator_layers, discriminator_layers: layers_other
    The {network} does not have the table's layers. Compare model.summary() with the table, row by row.
generator_function: forward_error
    A network could not be called: {error}
generator_function, discriminator_function: function_other
    The {network} has the table's weights, but computes something else with them. Look at the order of its layers, at
    activations, padding, and how maps are resized.
generator_function: dense_activation 0.5
    The activation of the generator's dense layer is {name}. Compare it with the table.
generator_function, discriminator_function: activation_missing 0.5
    The {network} lacks an activation {where}. Compare it with the table.
generator_function: activation_before_norm 0.5
    The generator's activation comes before batch normalisation {where}. It belongs after it.
generator_function, discriminator_function: activation_twice 0.5
    The {network} applies two activations {where}, with {name} first. The table has one.
generator_function, discriminator_function: activation 0.5
    The {network} has {name} {where}. The table has another activation.
generator_function: upsampling 0.5
    The generator's upsampling interpolates {where}. It should repeat pixels.
generator_function: upsampling_order 0.5
    The generator convolves before it upsamples {where}. Upsampling comes first.
discriminator_function: critic_bounded 0.5
    The discriminator ends in {name}. A score may have either sign, and is not a probability.
discriminator_function: pooling 0.5
    The discriminator {name} {where}. It should take the largest of four neighbours.
discriminator_function: dropout 0.5
    The discriminator computes something else in training mode, as with dropout. The table has no dropout.
generator_training: training_ignored
    In training mode the generator does not use the mean and variance of its batch. Look at its batch normalisation.

runs: script_error
    Run as a script, the file raised {error}
runs: script_status
    Run as a script, the file ended with an error status. It said: {said}
runs: class_error
    The class no longer trains. train_step raised {error}
runs: not_prepared 0.5
    The GAN is given faces that are not prepared: divided by 255, less the mean face, divided by each pixel's maximum.
    Look at what is passed to the class.
runs: steps_other 0.5
    The GAN is not trained for the number of steps that --steps says. Look at the call of fit.
leaves, runs: no_pictures 0.3
    The script ends without an error, but leaves too few pictures in the folder that --output names.
leaves: no_weights 0.5
    The script leaves no HDF5 file with the weights that it trained.
leaves: weights_untrained 0.5
    The stored weights are not those of the generator that was trained. Look at which weights are written, and when.
leaves: not_recovered 0.7
    The pictures do not show intensities between 0 and 1. Recover the generator's outputs by the scaling with which the
    faces were prepared.
runs: not_decoded 0.5
    The pictures do not show what the generator makes of the stored weights. Such weights give intensities in [0, 1]
    directly, and another recovery washes the faces out.
runs: not_sorted 0.7
    No picture shows generated faces sorted by the discriminator's score. Look at which scores belong to which faces.
runs: no_segment 0.7
    No picture shows faces that go in equal steps from one latent vector to another.
method: no_method
    The class has no method replace_weights(gen_h5, disc_h5).
generator: replace_error
    replace_weights raised an error on files that fit: {error}
generator, discriminator: other_network
    The {network} has become another network.
generator, discriminator: files_swapped
    The two files are mixed up: each network got the weights of the other.
generator, discriminator: generator_unchanged, discriminator_unchanged
    The {network} keeps its old weights: its file has no effect. Match layers by their order, as their names change from
    session to session.
generator, discriminator: statistics_missing 0.5
    The {network} does not get the statistics of batch normalisation. They are weights too, though not trainable.
generator, discriminator: some_weights 0.3
    The {network} gets only some of the weights of its file.
generator, discriminator: other_weights
    The {network}'s weights are neither the old ones nor those of its file.
"""

# Why a check was not looked at, or only partly.
REASONS = {
    "partly": "This could be seen for the {network} only, and is right there.",
    "nothing_seen": "An earlier item failed, so there was nothing to see.",
    "process_ended": "The process ended before this was looked at.",
    "not_built": "The class could not be built.",
    "error_named": "A mistake that is named elsewhere in this task ends it with an error.",
    "tampered": "The record of the training step is inconsistent.",
    "never_updated": "The {network} is never updated on its own.",
    "split_updates": "No update of the discriminator uses its whole loss.",
    "not_recognised": "The discriminator's loss could not be recognised.",
    "no_numbers": "train_step returns losses that are not single numbers.",
    "no_samplers": "The samplers could not be called.",
    "other_layers": "Its layers are not the table's.",
    "no_function": "The generator's function could not be recognised.",
}

# What costs nothing.
HINTS = {
    "penalty_reported": "discr_loss is reported with the penalty in it. That is accepted. Without the penalty it could "
    "be compared with task 2's.",
    "discriminator_not_training": "The discriminator does not run in training mode in its own update. The coursework "
    "does not ask for it, so this costs nothing.",
    "robust": "The training step fails on {case}: {symptom} The coursework does not ask for it, so this costs nothing.",
    "not_matplotlib": "The pictures were not drawn with Matplotlib, so they were not looked at.",
    "replace_weight": "The method is called replace_weight here. The kit's name for it is replace_weights.",
    "accepts_unfit": "A file that is missing, damaged or of other shapes is accepted without an error.",
    "half_replaced": "After a file that does not fit, one network has new weights and the other its old ones. Read "
    "both files before you change anything.",
    "idiom": "{old} works in Keras 2 only. In Keras 3 it is written {new}. The grader accepted it, so this costs "
    "nothing.",
}
# Idioms of Keras 2 that the worker makes work under Keras 3, and how Keras 3 writes them.
IDIOMS = {
    "tape_watch": (
        "tape.watch(network.trainable_variables)",
        "tape.watch([v.value for v in network.trainable_variables]); a tape watches trainable variables by itself",
    ),
    "input_number": ("keras.Input(shape=(16))", "keras.Input(shape=(16,)), with a comma"),
    "batch_input_shape": ("batch_input_shape=(None, 16)", "keras.Input(shape=(16,)) as the first layer"),
    "optimizer_lr": ("optimizer.lr", "optimizer.learning_rate"),
    "lr_argument": ("Adam(lr=...)", "Adam(learning_rate=...)"),
    "minimize": ("optimizer.minimize(...)", "a tape and optimizer.apply_gradients(...)"),
    "legacy_optimizer": ("keras.optimizers.legacy.Adam", "keras.optimizers.Adam"),
    "weights_file": ('save_weights("name.h5")', 'save_weights("name.weights.h5")'),
    "read_value": ("variable.read_value()", "variable.value"),
}


def _read(text: str) -> dict[tuple[str, str], Idea]:
    found: dict[tuple[str, str], Idea] = {}
    names: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("    "):
            for name in names:
                before = found[name]
                found[name] = Idea(before.share, f"{before.sentence} {line.strip()}".strip())
        elif line:
            checks, ideas = line.split(":")
            *listed, last = ideas.replace(",", " ").split()
            share = float(last) if last[0].isdigit() else 0.0
            listed += [] if share else [last]
            names = [(check.strip(), idea) for check in checks.split(",") for idea in listed]
            found.update({name: Idea(share, "") for name in names})
    return found


# (check, idea) -> what is kept, and what is said.
IDEAS = _read(MISTAKES)
