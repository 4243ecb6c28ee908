"""A script in the style of the older coursework runs unchanged, with its numbered imports, builders and calls."""

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

SCRIPT = """
import random
import numpy as np
import tensorflow as tf
from tensorflow import keras
Simple_GAN = __import__('0-simple_gan').Simple_GAN
WGAN_clip = __import__('1-wgan_clip').WGAN_clip
WGAN_GP = __import__('2-wgan_gp').WGAN_GP
convolutional_GenDiscr = __import__('3-generate_faces').convolutional_GenDiscr
WGAN_GP_4 = __import__('4-wgan_gp').WGAN_GP

def set_seeds(seed):
    random.seed(seed)
    np.random.seed(seed)
    tf.random.set_seed(seed)

def build(shape):
    z = keras.Input(shape=(shape[0],))
    h = z
    for width in shape[1:-1]:
        h = keras.layers.Dense(width, activation='tanh')(h)
    generator = keras.Model(z, keras.layers.Dense(shape[-1], activation='sigmoid')(h), name='generator')
    x = keras.Input(shape=(shape[-1],))
    h = x
    for width in reversed(shape[1:-1]):
        h = keras.layers.Dense(width, activation='tanh')(h)
    discriminator = keras.Model(x, keras.layers.Dense(1, activation='tanh')(h), name='discriminator')
    return generator, discriminator, lambda k: tf.random.normal(shape=(k, shape[0]))

set_seeds(0)
real_examples = tf.random.uniform((1000, 2))
for kind in (Simple_GAN, WGAN_clip, WGAN_GP):
    generator, discriminator, latent_generator = build([1, 10, 10, 2])
    G = kind(generator, discriminator, latent_generator, real_examples, learning_rate=.001)
    G.compile()
    history = G.fit(real_examples, epochs=2, steps_per_epoch=4, verbose=False)
    print(kind.__name__, len(history.history['discr_loss']), len(history.history['gen_loss']))
    print(G.get_real_sample().shape, G.get_fake_sample().shape, G.get_fake_sample(7, training=True).shape)

generator, discriminator = convolutional_GenDiscr()
faces = np.random.rand(50, 16, 16)
G = WGAN_GP_4(generator, discriminator, lambda k: tf.random.normal(shape=(k, 16)), faces, batch_size=5)
G.replace_weights('data/generator.h5', 'data/discriminator.h5')
G.replace_weight('data/generator.h5', 'data/discriminator.h5')
print(G.discriminator(G.get_fake_sample(4)).shape)
"""


def test_a_coursework_script_runs_unchanged(tmp_path, monkeypatch, capsys):
    (tmp_path / "main.py").write_text(SCRIPT)
    monkeypatch.syspath_prepend(str(ROOT / "coursework"))
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(tmp_path / "main.py"), run_name="__main__")
    printed = capsys.readouterr().out.splitlines()
    for kind in ("Simple_GAN", "WGAN_clip", "WGAN_GP"):
        assert f"{kind} 2 2" in printed
    assert printed.count("(200, 2) (200, 2) (7, 2)") == 3
    assert "(4, 1)" in printed
