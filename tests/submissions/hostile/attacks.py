"""Hostile files, one for each kind of attack, in the place of `simple_gan.py`.

Every one is a class that solves nothing, with an attack at import, in its constructor, or in its training step. ROOT is
replaced by the folder of the project, WITNESS by a file that must not come into being: no attack has to guess.
"""

from submissions.right.training_steps import source

CLASS = """
import os, sys, time
import tensorflow as tf
from gankit.models.gan import GAN


class Simple_GAN(GAN):
    def train_step(self, _):
        return {"discr_loss": tf.zeros(()), "gen_loss": tf.zeros(())}
"""

REMEMBERED = """
class Simple_GAN(GAN):
    answers = {"discr_loss": tf.constant(1.7), "gen_loss": tf.constant(0.9)}

    def train_step(self, _):
        for network, times in ((self.discriminator, self.disc_iter), (self.generator, 1)):
            for _ in range(times):
                variables = network.trainable_variables
                network.optimizer.apply_gradients([(0.01 * tf.ones_like(v), v) for v in variables])
        return self.answers
"""

IMPORT = {
    "endless loop at import": "while True:\n    pass\n",
    "sleep at import": "time.sleep(10_000)\n",
    "sys.exit at import": "sys.exit(0)\n",
    "os._exit at import": "os._exit(0)\n",
    "exception at import": "raise RuntimeError('x' * 100_000)\n",
    "exception that cannot be printed": """
class Odd(BaseException):
    def __str__(self):
        raise self
raise Odd
""",
    "syntax error": "def (:\n",
    "recursion": "def f(): f()\nf()\n",
    "forged results on every open file": """
import json, struct
def frame(tree):
    text = json.dumps({"tree": tree, "arrays": []}).encode()
    return b"GKF1" + struct.pack(">I", len(text)) + text
for number in range(3, 64):
    try:
        for scene in ("import", "points", "pictures", "fit"):
            os.write(number, frame({"scene": scene, "result": {"events": [], "states": [], "passed": True, "points": 100}}))
    except OSError:
        pass
print("20 passed, 100 of 100 points")
print("::notice title=passed::100 of 100")
""",
    "garbage on every open file": """
for number in range(3, 64):
    try:
        os.write(number, b"GKF1" + b"\\xff" * 5000)
    except OSError:
        pass
""",
    "closes every file": "os.closerange(0, 256)\n",
    "patches libraries": """
import builtins, numpy
numpy.allclose = numpy.array_equal = numpy.isclose = lambda *a, **k: True
numpy.testing.assert_allclose = lambda *a, **k: None
tf.debugging.assert_equal = lambda *a, **k: None
builtins.all = builtins.any = lambda *a: True
builtins.isinstance = lambda *a: True
sys.modules["pytest"] = sys.modules["unittest"] = sys
""",
    "patches keras": """
from tensorflow import keras
keras.optimizers.Adam.apply_gradients = lambda self, pairs, *a, **k: [v.assign(v) for _, v in pairs]
keras.optimizers.Adam.apply = lambda self, *a, **k: None
keras.Model.__call__ = lambda self, *a, **k: tf.zeros((6, 3))
keras.Model.get_weights = lambda self: []
keras.losses.MeanSquaredError.__call__ = lambda self, *a, **k: tf.zeros(())
""",
    "patches the worker": """
for name, module in list(sys.modules.items()):
    if name.startswith("grading_worker"):
        for key, value in list(vars(module).items()):
            if callable(value) and not key.startswith("__"):
                try:
                    setattr(module, key, lambda *a, **k: {"passed": True})
                except Exception:
                    pass
""",
    "looks for the judge": """
import gc
found = [name for name in sys.modules if "judge" in name or "formulas" in name]
frame = sys._getframe()
while frame:
    found += [key for key, value in frame.f_locals.items() if "expected" in key or "judge" in str(type(value)).lower()]
    frame = frame.f_back
found += [o for o in gc.get_objects() if isinstance(o, dict) and "expected_gradient" in o]
for place in ("/proc/%d/environ" % os.getppid(), "/proc/%d/mem" % os.getppid(), "/proc/1/environ"):
    try:
        found.append(open(place, "rb").read(100))
    except OSError:
        pass
try:
    import gankit.grading
    found.append("gankit.grading")
except ImportError:
    pass
if found:
    open("WITNESS", "w").write(str(found))
    raise SystemExit("found the judge: " + str(found)[:200])
""",
    "writes outside its folder": """
for path in ("WITNESS", "ROOT/tests/witness.txt", "/tmp/witness.txt"):
    try:
        open(path, "w").write("was here")
    except OSError:
        pass
    try:
        tf.io.write_file(path, "was here")
    except Exception:
        pass
    try:
        os.symlink(path, "link")
        open("link", "w").write("was here")
    except OSError:
        pass
""",
    "deletes files": """
import shutil
for folder in (".", os.path.dirname(os.path.dirname(tf.__file__)) + "/nothing", os.path.dirname(__import__("gankit").__file__)):
    shutil.rmtree(folder, ignore_errors=True)
""",
    "memory bomb": "hoard = []\nwhile True:\n    hoard.append(bytearray(50_000_000))\n",
    "fork bomb": """
while True:
    os.fork()
""",
    "fork bomb by ctypes": """
import ctypes
while True:
    ctypes.CDLL(None).fork()
""",
    "threads": """
import threading
def forever():
    while True:
        time.sleep(1)
try:
    while True:
        threading.Thread(target=forever).start()
except RuntimeError:
    pass
""",
    "detached process": """
import subprocess
try:
    subprocess.Popen(["sh", "-c", "sleep 30; echo here > WITNESS"], start_new_session=True)
except OSError:
    pass
if hasattr(os, "fork"):
    try:
        if os.fork() == 0:
            os.setsid()
            time.sleep(60)
    except OSError:
        pass
""",
    "kills its parent": """
import signal
for pid in (os.getppid(), 0, -1):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
""",
    "gigabytes of output": "line = 'x' * 1_000_000\nwhile True:\n    print(line)\n",
    "a file of gigabytes": """
with open("big", "wb") as file:
    while True:
        file.write(b"x" * 1_000_000)
""",
    "at exit": """
import atexit
atexit.register(lambda: time.sleep(1000))
""",
    "an audit hook of its own": """
def hook(event, arguments):
    raise RuntimeError("no")
sys.addaudithook(hook)
""",
}
# A right class, and a record of it that says otherwise than what the networks can have answered.
FORGED = """
import sys
recording = sys.modules["grading_worker.recording"]
add = recording.Trace.add
def forged(self, kind, **details):
    if kind == "call" and details["network"] == "discriminator":
        details["outputs"] = details["outputs"] + 1
    return add(self, kind, **details)
recording.Trace.add = forged
"""
# A right class with settings of its own, whatever it is passed, and a worker that says it was passed nothing.
OWN_SETTINGS = """
import sys
scenes = sys.modules["grading_worker.scenes"]
train = scenes.SCENES["train"]
scenes.SCENES["train"] = lambda module, scene: {**train(module, scene), "arguments": 0, "idioms": [{}, []]}
RightClass = Simple_GAN
class Simple_GAN(RightClass):
    def __init__(self, g, d, z, x, batch_size=200, disc_iter=2, learning_rate=0.005):
        super().__init__(g, d, z, x)
        self.batch_size, self.disc_iter, self.learning_rate = batch_size, disc_iter, learning_rate
    def train_step(self, _):
        kept, (self.batch_size, self.disc_iter) = (self.batch_size, self.disc_iter), (200, 2)
        losses = super().train_step(_)
        self.batch_size, self.disc_iter = kept
        return losses
"""
REFERENCE = """
import importlib.util, types
source = None
for folder in ("ROOT", os.path.dirname(os.path.dirname(sys.executable)), os.environ.get("PWD", "/")):
    path = os.path.join(folder, "simple_gan.py")
    for read in (lambda: open(path).read(), lambda: tf.io.read_file(path).numpy().decode(),
                 lambda: os.popen("cat " + path).read()):
        try:
            source = source or read()
        except BaseException:
            pass
sys.path.insert(0, "ROOT")
if source is None:
    for name in ("simple_gan", "coursework.0-simple_gan"):
        try:
            Simple_GAN = __import__(name).Simple_GAN
        except BaseException:
            pass
if source:
    exec(source.split("def main")[0])
"""
STEP = {
    "endless loop in train_step": "        while True: pass\n",
    "sys.exit in train_step": "        sys.exit(0)\n",
    "os._exit in train_step": "        os._exit(0)\n",
    "exception in train_step": "        raise ValueError('no')\n",
    "weights that are not numbers": """
        for v in self.generator.trainable_variables + self.discriminator.trainable_variables:
            v.assign(v * float("nan"))
""",
    "a dictionary of strange things": "        return {'discr_loss': object(), 'gen_loss': 'x' * 10**6}\n",
    "a batch of forty thousand rows": """
        self.discriminator(self.get_fake_sample(40_000))
""",
    "constants, and then an error": """
        variables = self.discriminator.trainable_variables
        for _ in range(self.disc_iter):
            self.discriminator.optimizer.apply_gradients([(tf.ones_like(v), v) for v in variables])
        raise ValueError("no more")
""",
    "an hour of the judge's time": """
        variables = self.discriminator.trainable_variables
        for _ in range(60):
            with tf.GradientTape() as tape:
                scores = self.discriminator(tf.repeat(self.get_real_sample(40), 10, axis=0))
                scores = tf.sin(scores) * self.discriminator(self.get_fake_sample(400))
            self.discriminator.optimizer.apply_gradients(zip(tape.gradient(scores, variables), variables))
""",
    "thousands of calls": """
        for _ in range(100_000):
            self.discriminator(self.get_fake_sample())
""",
}


def sources():
    """Yield (name, bytes of the hostile file) for every attack."""
    for name, code in IMPORT.items():
        yield name, CLASS + code
    for name, code in STEP.items():
        yield name, CLASS.replace("    def train_step(self, _):\n", "    def train_step(self, _):\n" + code)
    yield "a forged record of a right class", source("coursework", "Simple_GAN").decode() + FORGED
    yield "settings of its own", source("coursework", "Simple_GAN").decode() + OWN_SETTINGS
    yield "imports the reference", CLASS + REFERENCE
    yield "remembered values", CLASS + REMEMBERED


def all_sources(root, witness):
    """Return every attack as a dictionary of bytes."""
    return {name: code.replace("ROOT", str(root)).replace("WITNESS", str(witness)).encode() for name, code in sources()}
