"""Writes test/golden/weights.jsonl: losses under weights, and training with several outputs.

    KERAS_BACKEND=tensorflow python scripts/golden_weights.py       needs keras, tensorflow and numpy

Computed by Keras in float64 from float32 inputs.
"""

import keras
import numpy as np

from cases import Draws, array, number, write

keras.config.set_floatx('float64')
n, classes = 7, 3


def losses():
    """Each loss of probabilities or values under weights: sum over batch size."""
    def labels(d):
        return d.labels(classes, n), d.uniform(n, classes, low=0.1, high=0.9)

    def one_hot(d):
        return d.one_hot(n, classes), d.uniform(n, classes, low=0.1, high=0.9)

    cases = {
        'sparseCategoricalCrossentropy': (keras.losses.SparseCategoricalCrossentropy(), labels),
        'categoricalCrossentropy': (keras.losses.CategoricalCrossentropy(), one_hot),
        'binaryCrossentropy': (keras.losses.BinaryCrossentropy(), lambda d: (d.zero_one(n, 1), d.uniform(n, 1, low=0.1, high=0.9))),
        'meanSquaredError': (keras.losses.MeanSquaredError(), lambda d: (d.uniform(n, 2), d.uniform(n, 2))),
    }
    for name, (loss, inputs) in cases.items():
        draws = Draws('weights', name)
        y, x = inputs(draws)
        weights = draws.uniform(n, low=0.0, high=2.0)
        weights[2] = 0
        yield {
            'loss': name,
            'yTrue': array(y),
            'yPred': array(x),
            'sampleWeight': array(weights),
            'value': number(loss(y.astype(np.float64), x.astype(np.float64), sample_weight=weights.astype(np.float64))),
        }


def classified(class_weight, samples, epochs=3):
    """One output: fit with class and sample weights, whole batches of 5 in order."""
    draws = Draws('weights', 'classified')
    x, y = draws.uniform(samples, 4), draws.labels(classes, samples)
    weights = draws.uniform(samples, low=0.0, high=2.0)
    kernel, bias = draws.uniform(4, classes), draws.uniform(classes)
    factors = np.array([class_weight.get(int(label), 1.0) for label in y]) * weights
    runs = {}
    for name, options in {
        'class': {'class_weight': class_weight},
        'sample': {'sample_weight': weights.astype(np.float64)},
        # Keras refuses both at a time; their product is what they mean.
        'both': {'sample_weight': factors},
    }.items():
        inputs = keras.Input((4,), dtype='float64')
        outputs = keras.layers.Dense(classes, activation='softmax', dtype='float64')(inputs)
        model = keras.Model(inputs, outputs)
        model.set_weights([kernel.astype(np.float64), bias.astype(np.float64)])
        loss = keras.losses.SparseCategoricalCrossentropy()
        model.compile(optimizer=keras.optimizers.SGD(0.5), loss=loss, metrics=['accuracy'])
        history = model.fit(
            x.astype(np.float64), y, batch_size=5, epochs=epochs, shuffle=False, verbose=0, **options
        ).history
        runs[name] = {
            'loss': [number(v) for v in history['loss']],
            'accuracy': [number(v) for v in history['accuracy']],
            'weights': [array(np.asarray(w)) for w in model.get_weights()],
        }
    return {
        'x': array(x),
        'y': array(y),
        'sampleWeight': array(weights),
        'classWeight': {str(label): weight for label, weight in class_weight.items()},
        'kernel': array(kernel),
        'bias': array(bias),
        'runs': runs,
    }


def several(samples=10, epochs=3):
    """Two inputs and two outputs without a hidden layer between: losses by output, weighted in their sum."""
    draws = Draws('weights', 'several')
    left, right = draws.uniform(samples, 3), draws.uniform(samples, 2)
    kind, value = draws.labels(classes, samples), draws.uniform(samples, 1)
    kind_weight = draws.uniform(samples, low=0.0, high=2.0)
    start = [draws.uniform(5, classes), draws.uniform(classes), draws.uniform(5, 1), draws.uniform(1)]
    a, b = keras.Input((3,), name='left', dtype='float64'), keras.Input((2,), name='right', dtype='float64')
    both = keras.layers.Concatenate(dtype='float64')([a, b])
    outputs = {
        'kind': keras.layers.Dense(classes, activation='softmax', name='kind', dtype='float64')(both),
        'value': keras.layers.Dense(1, name='value', dtype='float64')(both),
    }
    model = keras.Model([a, b], outputs)
    model.set_weights([w.astype(np.float64) for w in start])
    model.compile(
        optimizer=keras.optimizers.SGD(0.2),
        loss={'kind': keras.losses.SparseCategoricalCrossentropy(), 'value': keras.losses.MeanSquaredError()},
        loss_weights={'kind': 0.7, 'value': 2.0},
        metrics={'kind': ['accuracy']},
    )
    history = model.fit(
        [left.astype(np.float64), right.astype(np.float64)],
        {'kind': kind, 'value': value.astype(np.float64)},
        sample_weight={'kind': kind_weight.astype(np.float64), 'value': np.ones(samples)},
        batch_size=5,
        epochs=epochs,
        shuffle=False,
        verbose=0,
    ).history
    return {
        'left': array(left),
        'right': array(right),
        'kind': array(kind),
        'value': array(value),
        'kindWeight': array(kind_weight),
        'start': [array(w) for w in start],
        'history': {name: [number(v) for v in values] for name, values in history.items()},
        'weights': [array(np.asarray(w)) for w in model.get_weights()],
    }


if __name__ == '__main__':
    content = {'losses': list(losses()), 'classified': classified({0: 0.5, 2: 3.0}, 15), 'several': several()}
    write('weights', content, keras=keras.__version__, backend=keras.backend.backend())
