"""Writes test/golden/layers.jsonl: what Keras' regularizers, constraints and layers give, computed in float64 from float32 inputs.

    KERAS_BACKEND=tensorflow python scripts/golden_layers.py      needs keras, tensorflow and numpy
"""

import keras
import numpy as np
import tensorflow as tf
from cases import Draws, array, write

keras.config.set_floatx('float64')


def double(x):
    return tf.constant(x.astype(np.float64))


def regularizers():
    K = keras.regularizers
    makers = [
        ('l1', {}, K.L1()),
        ('l1', {'l1': 0.3}, K.L1(0.3)),
        ('l2', {}, K.L2()),
        ('l2', {'l2': 0.2}, K.L2(0.2)),
        ('l1l2', {'l1': 0.3, 'l2': 0.2}, K.L1L2(0.3, 0.2)),
        ('orthogonal', {}, K.OrthogonalRegularizer()),
        ('orthogonal', {'factor': 0.5, 'mode': 'columns'}, K.OrthogonalRegularizer(0.5, 'columns')),
    ]
    for name, options, regularizer in makers:
        if name == 'orthogonal':
            regularizer.factor = float(regularizer.factor)  # Keras makes it a float32 tensor
        w = Draws('layers', name, options).normal(5, 4)
        x = tf.Variable(double(w))
        with tf.GradientTape() as tape:
            penalty = regularizer(x)
        yield {'name': name, 'options': options, 'w': array(w), 'penalty': array(penalty.numpy().astype(np.float64)),
               'gradient': array(tape.gradient(penalty, x).numpy())}


def constraints():
    K = keras.constraints
    makers = [
        ('maxNorm', {}, K.MaxNorm()),
        ('maxNorm', {'maxValue': 1.5, 'axis': 1}, K.MaxNorm(1.5, 1)),
        ('unitNorm', {}, K.UnitNorm()),
        ('unitNorm', {'axis': [0, 1]}, K.UnitNorm([0, 1])),
        ('nonNeg', {}, K.NonNeg()),
        ('minMaxNorm', {}, K.MinMaxNorm()),
        ('minMaxNorm', {'minValue': 1.9, 'maxValue': 2.5, 'rate': 0.25, 'axis': 1}, K.MinMaxNorm(1.9, 2.5, 0.25, 1)),
    ]
    for name, options, constraint in makers:
        w = Draws('layers', name, options).normal(5, 4)
        yield {'name': name, 'options': options, 'w': array(w), 'result': array(constraint(double(w)).numpy())}


def training():
    """Every kind of penalty, one of them on a frozen layer, in six steps of gradient descent."""
    L, R = keras.layers, keras.regularizers
    draws = Draws('layers', 'training')
    x, y = draws.normal(12, 3), draws.normal(12, 2)
    model = keras.Sequential([
        keras.Input((3,)),
        L.Dense(4, 'tanh', kernel_regularizer=R.L2(0.1), bias_regularizer=R.L1(0.05), activity_regularizer=R.L2(0.02)),
        L.BatchNormalization(gamma_regularizer=R.L1L2(0.01, 0.02), beta_regularizer=R.L2(0.1)),
        L.Dense(4, 'relu', kernel_regularizer=R.L1(0.3), trainable=False),
        L.Dense(2, kernel_regularizer=R.L1(0.02), activity_regularizer=R.L1(0.03)),
    ])
    start = [draws.normal(*w.shape) if 'moving' not in w.path else w.numpy().astype(np.float32) for w in model.weights]
    model.set_weights(start)
    model.compile(keras.optimizers.SGD(0.05), 'mean_squared_error')
    before = model.evaluate(x, y, batch_size=5, verbose=0)
    history = model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0)
    after = model.evaluate(x, y, batch_size=5, verbose=0)
    return {'x': array(x), 'y': array(y), 'start': [array(w) for w in start], 'before': before, 'after': after,
            'losses': history.history['loss'], 'end': [array(w.numpy()) for w in model.weights]}


def normalization():
    for axis in (-1, 1, None, [1, 2], [-1]):
        for invert in (False, True):
            x = Draws('layers', 'normalization', axis, invert).normal(6, 2, 3, scale=4, shift=10)
            layer = keras.layers.Normalization(axis=tuple(axis) if isinstance(axis, list) else axis, invert=invert)
            layer.adapt(x.astype(np.float64))
            yield {'axis': axis, 'invert': invert, 'x': array(x), 'y': array(layer(double(x)).numpy()),
                   'mean': array(np.squeeze(layer.mean.numpy())), 'variance': array(np.squeeze(layer.variance.numpy()))}


def group_normalization():
    for groups, axis, epsilon in ((1, -1, 1e-3), (2, -1, 0.5), (4, 2, 1e-3), (-1, 1, 1e-3)):
        draws = Draws('layers', 'groupNormalization', groups, axis)
        x, upstream = draws.normal(3, 6, 8, scale=2, shift=1), draws.normal(3, 6, 8)
        layer = keras.layers.GroupNormalization(groups, axis, epsilon)
        layer.build(x.shape)
        gamma, beta = draws.normal(x.shape[axis]), draws.normal(x.shape[axis])
        layer.set_weights([gamma, beta])
        inputs = tf.Variable(double(x))
        with tf.GradientTape() as tape:
            y = layer(inputs)
            loss = tf.reduce_sum(y * double(upstream))
        weights = [weight.value for weight in layer.trainable_variables]
        found = [array(tf.convert_to_tensor(g).numpy()) for g in tape.gradient(loss, [inputs, *weights])]
        yield {'groups': groups, 'axis': axis, 'epsilon': epsilon, 'x': array(x), 'gamma': array(gamma), 'beta': array(beta),
               'upstream': array(upstream), 'y': array(y.numpy()), 'gradients': found}


def embedding():
    draws = Draws('layers', 'embedding')
    table, labels, upstream = draws.normal(5, 3), np.array([[4, 0, 4], [2, 2, 1]], np.int32), draws.normal(2, 3, 3)
    layer = keras.layers.Embedding(5, 3)
    layer.build((2, 3))
    layer.set_weights([table])
    with tf.GradientTape() as tape:
        y = layer(labels)
        loss = tf.reduce_sum(y * double(upstream))
    gradient = tf.convert_to_tensor(tape.gradient(loss, layer.trainable_variables[0].value))
    return {'table': array(table), 'labels': array(labels), 'upstream': array(upstream), 'y': array(y.numpy()),
            'gradient': array(gradient.numpy())}


content = {
    'regularizers': list(regularizers()),
    'constraints': list(constraints()),
    'training': training(),
    'normalization': list(normalization()),
    'groupNormalization': list(group_normalization()),
    'embedding': embedding(),
}
write('layers', content, keras=keras.__version__, backend=keras.backend.backend())
