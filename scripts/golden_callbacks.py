"""What Keras' EarlyStopping and ReduceLROnPlateau do on random sequences of figures: test/golden/callbacks.json.

    KERAS_BACKEND=jax python scripts/golden_callbacks.py      needs keras, jax and numpy
"""

import json
import pathlib

import keras
import numpy as np

rng = np.random.default_rng(4)


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


def figures(epochs, maximize):
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


def cases(run, draw, count=24):
    for i in range(count):
        mode = ["min", "max"][i % 2]
        options = {"mode": mode, "minDelta": float(rng.choice([0, 1 / 16, 1 / 128])), **draw()}
        values = figures(30, mode == "max")
        if options.get("baseline") is not None and mode == "max":
            options["baseline"] = -options["baseline"]
        yield {"options": options, "values": values, **run(options, values)}


def draw_early_stopping():
    options = {"patience": int(rng.integers(0, 6)), "startFromEpoch": int(rng.choice([0, 0, 3]))}
    return options if rng.random() < 0.7 else {**options, "baseline": float(rng.choice([0.5, 1.5]))}


def draw_plateau():
    return {
        "factor": 0.5,
        "patience": int(rng.integers(0, 5)),
        "cooldown": int(rng.integers(0, 4)),
        "minLR": float(rng.choice([0, 1 / 16])),
    }


golden = {
    "versions": {"keras": keras.__version__, "numpy": np.__version__},
    "earlyStopping": list(cases(early_stopping, draw_early_stopping)),
    "reduceLROnPlateau": list(cases(reduce_lr_on_plateau, draw_plateau)),
}
path = pathlib.Path(__file__).parent.parent / "test/golden/callbacks.json"
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
