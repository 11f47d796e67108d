"""Keras (KERAS_BACKEND, default jax) on the mlp case: keras_peer.py mlp [--quick]; prints rows as JSON lines."""

import json
import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras import layers

from mlp_start import mlp_start

x, y, order, w1, w2 = mlp_start()
quick = "--quick" in sys.argv
for batch in 32, 256:
    steps = 100 if quick else 60000 // batch
    model = keras.Sequential([layers.Input((784,)), layers.Dense(512, activation="relu"), layers.BatchNormalization(),
                              layers.Dense(10, activation="softmax")])
    first, last = model.layers[0], model.layers[-1]
    first.kernel.assign(w1)
    last.kernel.assign(w2)
    model.compile(optimizer=keras.optimizers.RMSprop(1e-4), loss="sparse_categorical_crossentropy")
    chosen = order[:steps * batch]
    data = x[chosen], y[chosen]
    best, loss = float("inf"), None
    for _ in range(3):
        start = time.perf_counter()
        history = model.fit(*data, batch_size=batch, shuffle=False, verbose=0)
        best = min(best, time.perf_counter() - start)
        loss = loss if loss is not None else history.history["loss"][0]
    print(json.dumps({"case": f"mlp b{batch}", "impl": f"keras {keras.config.backend()}", "us": best / steps * 1e6, "loss": loss,
                      "threads": int(os.environ["THREADS"])}), flush=True)
