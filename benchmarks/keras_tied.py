"""The 784-100-30 tied autoencoder in Keras 3 on TensorFlow: trained until the test error after an
epoch first passes a target; prints the seconds of training, the epochs and that error.

Run by ``benchmarks.speed`` in an environment of its own; standard library, numpy, keras and
tensorflow alone.
"""

import gzip
import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np


class Transposed(keras.layers.Layer):
    """A dense layer whose kernel is the transpose of another's."""

    def __init__(self, other, activation):
        super().__init__()
        self.other, self.activation = other, keras.activations.get(activation)

    def build(self, shape):
        self.bias = self.add_weight(shape=(self.other.kernel.shape[0],), initializer="zeros")

    def call(self, x):
        return self.activation(
            keras.ops.matmul(x, keras.ops.transpose(self.other.kernel)) + self.bias
        )


def images(path):
    with gzip.open(path) as file:
        return (
            np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784).astype("float32") / 255
        )


def main(folder, seed, activation, target, most):
    keras.utils.set_random_seed(seed)
    train = images(os.path.join(folder, "train-images-idx3-ubyte.gz"))
    test = images(os.path.join(folder, "t10k-images-idx3-ubyte.gz"))
    first, second = (
        keras.layers.Dense(100, activation="relu"),
        keras.layers.Dense(30, activation="relu"),
    )
    inputs = keras.Input((784,))
    code = second(first(inputs))
    model = keras.Model(inputs, Transposed(first, activation)(Transposed(second, "relu")(code)))
    model.compile(optimizer="adam", loss="mse")
    seconds = 0.0
    for epoch in range(1, most + 1):  # judging is no part of the time
        began = time.perf_counter()
        model.fit(train, train, batch_size=256, epochs=epoch, initial_epoch=epoch - 1, verbose=0)
        seconds += time.perf_counter() - began
        error = float(((model.predict(test, verbose=0) - test) ** 2).mean())
        if error <= target:
            break
    print(f"{seconds:.3f} {epoch} {error:.5f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4]), int(sys.argv[5]))
