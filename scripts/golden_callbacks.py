"""What Keras' EarlyStopping and ReduceLROnPlateau do on random sequences of figures: test/golden/callbacks.jsonl.

    KERAS_BACKEND=jax python scripts/golden_callbacks.py      needs keras, jax and numpy
"""

import keras
import numpy as np

from cases import Draws, write


class Model:
    """As much of a model as the two callbacks look at. The number of the epoch stands for its weights."""

    def __init__(self):
        self.optimizer = keras.optimizers.SGD(learning_rate=1.0)
        self.stop_training = False
        self.epoch = -1

    def get_weights(self):
        return self.epoch

    def set_weights(self, weights):
        pass


def figures(rng, epochs, maximize):
    """A noisy approach to a limit, in steps of 1/64, so that float32 and float64 agree on every comparison."""
    falling = 2 * np.exp(-np.arange(epochs) / 6) + rng.normal(0, 0.15, epochs)
    values = np.round((-falling if maximize else falling) * 64) / 64
    return values.tolist()


def early_stopping(options, values):
    model = Model()
    callback = keras.callbacks.EarlyStopping(
        monitor="val_loss",
        patience=options["patience"],
        min_delta=options["minDelta"],
        mode=options["mode"],
        start_from_epoch=options["startFromEpoch"],
        baseline=options.get("baseline"),
        restore_best_weights=True,
    )
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.epoch = epoch
        callback.on_epoch_end(epoch, {"val_loss": value})
        if model.stop_training:
            break
    return {"epochs": model.epoch + 1, "bestEpoch": callback.best_epoch, "best": callback.best}


def reduce_lr_on_plateau(options, values):
    model = Model()
    callback = keras.callbacks.ReduceLROnPlateau(
        monitor="val_loss",
        factor=options["factor"],
        patience=options["patience"],
        min_delta=options["minDelta"],
        cooldown=options["cooldown"],
        min_lr=options["minLR"],
        mode=options["mode"],
    )
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"val_loss": value})
        rates.append(float(model.optimizer.learning_rate))
    return {"learningRates": rates}


def cases(name, run, draw, count=24):
    for i in range(count):
        rng = Draws("callbacks", name, i).rng
        mode = ["min", "max"][i % 2]
        options = {"mode": mode, "minDelta": float(rng.choice([0, 1 / 16, 1 / 128])), **draw(rng)}
        values = figures(rng, 30, mode == "max")
        if options.get("baseline") is not None and mode == "max":
            options["baseline"] = -options["baseline"]
        yield {"options": options, "values": values, **run(options, values)}


def draw_early_stopping(rng):
    options = {"patience": int(rng.integers(0, 6)), "startFromEpoch": int(rng.choice([0, 0, 3]))}
    return options if rng.random() < 0.7 else {**options, "baseline": float(rng.choice([0.5, 1.5]))}


def draw_plateau(rng):
    return {
        "factor": 0.5,
        "patience": int(rng.integers(0, 5)),
        "cooldown": int(rng.integers(0, 4)),
        "minLR": float(rng.choice([0, 1 / 16])),
    }


content = {
    "earlyStopping": list(cases("earlyStopping", early_stopping, draw_early_stopping)),
    "reduceLROnPlateau": list(cases("reduceLROnPlateau", reduce_lr_on_plateau, draw_plateau)),
}
write("callbacks", content, keras=keras.__version__)
