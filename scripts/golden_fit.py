"""Writes test/golden/fit.jsonl: whole runs of Keras' fit in which the toolbox works together, for each optimizer.

    KERAS_BACKEND=tensorflow python scripts/golden_fit.py       needs keras, tensorflow and numpy

Computed by Keras in float64 from float32 inputs. All runs train one network on one set of data; none draws anything of its own.
"""

import keras
import numpy as np

from cases import array, number, write

keras.config.set_floatx('float64')
rng = np.random.default_rng(31)
samples, batch, epochs = 22, 4, 2


def normal(*shape):
    return np.round(rng.normal(size=shape), 3).astype(np.float32)


def network(rate=0.5):
    """Two blocks with a skip connection, with penalties and constraints before, within and after."""
    L, R, C = keras.layers, keras.regularizers, keras.constraints
    x = keras.Input((5,))
    a = L.Dense(6, kernel_regularizer=R.L2(0.02), bias_regularizer=R.L1(0.01), kernel_constraint=C.MaxNorm(0.9), name='a')(x)
    b = L.PReLU(alpha_regularizer=R.L2(0.1), name='b')(a)
    c = L.BatchNormalization(momentum=0.9, gamma_constraint=C.NonNeg(), name='c')(b)
    d = L.Dense(6, 'elu', kernel_regularizer=R.L1L2(0.01, 0.01), kernel_constraint=C.MinMaxNorm(0.2, 0.8, rate=rate), name='d')(c)
    e = L.LayerNormalization(gamma_regularizer=R.L2(0.03), beta_constraint=C.NonNeg(), name='e')(L.Add()([c, d]))
    f = L.Dense(3, 'softmax', kernel_constraint=C.UnitNorm(), activity_regularizer=R.L2(0.05), name='f')(e)
    return keras.Model(x, f)


S = keras.optimizers.schedules
OPTIMIZERS = {
    'sgd': lambda rate=S.CosineDecay(0.1, 10), **o: keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, clipnorm=0.5, weight_decay=0.05, **o),
    'rmsprop': lambda **o: keras.optimizers.RMSprop(0.02, centered=True, momentum=0.5, epsilon=1e-4, clipvalue=0.05, **o),
    'adam': lambda **o: keras.optimizers.Adam(S.ExponentialDecay(0.05, 4, 0.5), global_clipnorm=0.3, amsgrad=True, **o),
    'adamw': lambda rate=S.PolynomialDecay(0.05, 9), **o: keras.optimizers.AdamW(rate, epsilon=1e-4, global_clipnorm=0.3, weight_decay=0.1, **o),
    'adamax': lambda **o: keras.optimizers.Adamax(S.InverseTimeDecay(0.05, 4, 0.5), clipnorm=0.5, **o),
    'nadam': lambda **o: keras.optimizers.Nadam(0.02, clipvalue=0.1, weight_decay=0.05, **o),
    'adagrad': lambda **o: keras.optimizers.Adagrad(0.1, global_clipnorm=0.4, **o),
    'adadelta': lambda **o: keras.optimizers.Adadelta(S.PiecewiseConstantDecay([3, 7], [1.0, 0.5, 0.1]), weight_decay=0.02, **o),
    'lion': lambda **o: keras.optimizers.Lion(0.005, clipnorm=0.5, weight_decay=0.1, **o),
}


def weights(model):
    return {layer.name: [array(w.numpy()) for w in layer.weights] for layer in model.layers if layer.weights}


def run(name, x, y, start, accumulation):
    model = network(0.5 if accumulation is None else 1)
    for layer in model.layers:
        if layer.weights:
            layer.set_weights(start[layer.name])
    # Under accumulation Keras' schedules count steps, ours updates: no schedule.
    optimizer = OPTIMIZERS[name]() if accumulation is None else OPTIMIZERS[name](rate=0.05, gradient_accumulation_steps=accumulation)
    model.compile(optimizer, 'sparse_categorical_crossentropy')
    history = model.fit(x, y, batch_size=batch, epochs=epochs, shuffle=False, verbose=0)
    loss = model.evaluate(x, y, batch_size=samples, verbose=0)
    return {'name': name, 'accumulation': accumulation or 1, 'losses': [number(v) for v in history.history['loss']],
            'loss': number(loss), 'end': weights(model)}


def main():
    x, y = normal(samples, 5), rng.integers(0, 3, size=samples).astype(np.int32)
    # Keras constrains weights after each step, also where accumulation leaves them alone: so they begin within the constraints,
    # and accumulation has no rate by which a constraint that is met would draw them on.
    model = network(1)
    start = {}
    for layer in model.layers:
        if layer.weights:
            start[layer.name] = [0.4 * normal(*w.shape) + (1 if 'gamma' in w.path or 'variance' in w.path else 0) for w in layer.weights]
            layer.set_weights([np.abs(w) if 'variance' in v.path else w for w, v in zip(start[layer.name], layer.weights)])
            start[layer.name] = [(w if w.constraint is None else w.constraint(w)).numpy().astype(np.float32) for w in layer.weights]
    runs = [run(name, x, y, start, None) for name in OPTIMIZERS] + [run(name, x, y, start, 3) for name in ('sgd', 'adamw')]
    content = {'x': array(x), 'y': array(y), 'batch': batch, 'epochs': epochs,
               'start': {k: [array(w) for w in v] for k, v in start.items()}, 'runs': runs}
    write('fit', content, keras=keras.__version__, backend=keras.backend.backend())


if __name__ == '__main__':
    main()
