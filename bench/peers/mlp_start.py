"""What every implementation of the mlp case begins with."""

import gzip
import os

import numpy as np


def mnist(name, header):
    path = os.path.join(os.environ["MNIST"], name)
    with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz", "rb") as file:
        return np.frombuffer(file.read(), np.uint8)[header:]


def mlp_start():
    """Images [60000, 784] in [0, 1], classes, the order of the samples, the two kernels."""
    def read(name, dtype):
        return np.fromfile(os.path.join(os.environ["START"], name), dtype)

    x = mnist("train-images-idx3-ubyte", 16).reshape(-1, 784).astype("f4") / 255
    y = mnist("train-labels-idx1-ubyte", 8)
    return x, y, read("order.i32", "i4"), read("w1.f32", "f4").reshape(784, 512), read("w2.f32", "f4").reshape(512, 10)
