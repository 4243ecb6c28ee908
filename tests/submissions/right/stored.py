"""Known-right and known-wrong ways to put stored weights into both networks, for the coursework's `4-wgan_gp.py`."""

from submissions.right.training_steps import source

METHOD = """
    def replace_weights(self, gen_h5, disc_h5):
"""
RIGHT = {
    "load_weights": """
        self.generator.load_weights(gen_h5)
        self.discriminator.load_weights(disc_h5)
""",
    "files of its own": """
        for net, path in ((self.generator, gen_h5), (self.discriminator, disc_h5)):
            net.load_weights(str(path))
            net.save_weights("own.h5")
            net.set_weights([0 * weights for weights in net.get_weights()])
            net.load_weights("own.h5")
            self.first = [variable.read_value() for variable in net.trainable_variables][0]
""",
    "alias": """
        for net, path in ((self.generator, gen_h5), (self.discriminator, disc_h5)):
            net.load_weights(str(path))

    replace_weight = replace_weights
    del replace_weights
""",
    "the kit's reader": """
        from gankit.networks.stored_weights import read_weights
        new = [read_weights(p, n).arrays for p, n in ((gen_h5, self.generator), (disc_h5, self.discriminator))]
        self.generator.set_weights(new[0])
        self.discriminator.set_weights(new[1])
""",
    "h5py": """
        import h5py
        for path, network in ((gen_h5, self.generator), (disc_h5, self.discriminator)):
            arrays = []
            with h5py.File(path, "r") as file:
                for layer in file.attrs["layer_names"]:
                    group = file[layer]
                    arrays += [np.array(group[name]) for name in group.attrs["weight_names"]]
            network.set_weights(arrays)
""",
    "a new network": """
        new = type(self.generator).from_config(self.generator.get_config())
        new.load_weights(gen_h5)
        self.generator = new
        self.discriminator.load_weights(disc_h5)
""",
    "layer by layer": """
        import h5py
        def fill(network, path):
            with h5py.File(path, "r") as file:
                stored = [n for n in file.attrs["layer_names"] if len(file[n].attrs["weight_names"])]
                for layer, name in zip([l for l in network.layers if l.weights], stored):
                    layer.set_weights([file[name][w][()] for w in file[name].attrs["weight_names"]])
        fill(self.generator, gen_h5)
        fill(self.discriminator, disc_h5)
""",
}
WRONG = {
    "files swapped": (
        "files_swapped",
        "        self.generator.load_weights(disc_h5)\n        self.discriminator.load_weights(gen_h5)\n",
    ),
    "only the generator": ("discriminator_unchanged", "        self.generator.load_weights(gen_h5)\n"),
    "only the discriminator": ("generator_unchanged", "        self.discriminator.load_weights(disc_h5)\n"),
    "nothing": ("generator_unchanged", "        pass\n"),
    "by name": (
        "generator_unchanged",
        """
        import h5py
        for path, network in ((gen_h5, self.generator), (disc_h5, self.discriminator)):
            with h5py.File(path, "r") as file:
                for layer in network.layers:
                    if layer.name in file and layer.weights:
                        layer.set_weights([file[layer.name][w][()] for w in file[layer.name].attrs["weight_names"]])
""",
    ),
    "errors swallowed": (
        "generator_unchanged",
        """
        try:
            self.generator.load_weights(gen_h5, by_name=True, skip=True)
            self.discriminator.load_weights(disc_h5)
        except Exception:
            pass
""",
    ),
    "trainable weights only": (
        "statistics_missing",
        """
        for path, network in ((gen_h5, self.generator), (disc_h5, self.discriminator)):
            new = type(network).from_config(network.get_config())
            new.load_weights(path)
            for old, fresh in zip(network.trainable_variables, new.trainable_variables):
                old.assign(fresh)
""",
    ),
    "into copies": (
        "generator_unchanged",
        """
        for path, network in ((gen_h5, self.generator), (disc_h5, self.discriminator)):
            type(network).from_config(network.get_config()).load_weights(path)
""",
    ),
    "the wrong order of arguments": (
        "files_swapped",
        "        gen_h5, disc_h5 = disc_h5, gen_h5\n        self.generator.load_weights(gen_h5)\n        self.discriminator.load_weights(disc_h5)\n",
    ),
    "only the first layer": (
        "some_weights",
        """
        for path, network in ((gen_h5, self.generator), (disc_h5, self.discriminator)):
            new = type(network).from_config(network.get_config())
            new.load_weights(path)
            network.layers[1].set_weights(new.layers[1].get_weights())
""",
    ),
    "mixed with the old ones": (
        "other_weights",
        """
        for path, network in ((gen_h5, self.generator), (disc_h5, self.discriminator)):
            new = type(network).from_config(network.get_config())
            new.load_weights(path)
            network.set_weights([(a + b) / 2 for a, b in zip(network.get_weights(), new.get_weights())])
""",
    ),
    "names that the file does not know": (
        "replace_error",
        """
        import h5py
        for path, network in ((gen_h5, self.generator), (disc_h5, self.discriminator)):
            with h5py.File(path, "r") as file:
                for layer in network.layers:
                    group = file[layer.name]
                    layer.set_weights([group[name][()] for name in group.attrs["weight_names"]])
""",
    ),
    "kernels only": (
        "some_weights",
        """
        for path, network in ((gen_h5, self.generator), (disc_h5, self.discriminator)):
            old = network.get_weights()
            network.load_weights(path)
            network.set_weights([b if b.ndim > 1 else a for a, b in zip(old, network.get_weights())])
""",
    ),
    "an exception": ("replace_error", "        self.generator.load(gen_h5)\n"),
}


def with_method(body):
    """Return the bytes of a `4-wgan_gp.py` whose class has this method; None for a class without one."""
    text = source("coursework", "WGAN_GP").decode()
    return (text + (METHOD + body.lstrip("\n") if body else "")).encode()
