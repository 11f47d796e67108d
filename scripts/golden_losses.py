"""Writes test/golden/losses.json: every loss of Keras, one value a sample, and the gradient of their mean.

    KERAS_BACKEND=jax python scripts/golden_losses.py      needs keras, jax and numpy

Inputs are float32 numbers; Keras computes from them in float64. A case is
    loss, options, inputs (yTrue, yPred), each (one value a sample), gradient (of the mean, by yPred)
"""

import os

os.environ['JAX_ENABLE_X64'] = '1'

import jax
import jax.numpy as jnp
import keras
import numpy as np

from golden import array, number, write

keras.config.set_floatx('float64')
rng = np.random.default_rng(23)


def normal(*shape, scale=1.0):
    return np.round(rng.normal(size=shape) * scale, 3).astype(np.float32)


def distribution(*shape):
    p = rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
    return np.round(np.clip(p, 0.02, 0.98), 3).astype(np.float32)


def one_hot(n, classes):
    return np.eye(classes, dtype=np.float32)[rng.integers(0, classes, n)]


def zero_one(*shape):
    return rng.integers(0, 2, shape).astype(np.float32)


cases = []


def add(loss, fn, y_true, y_pred, **options):
    spelling = {'fromLogits': 'from_logits', 'labelSmoothing': 'label_smoothing'}
    keywords = {spelling.get(k, k): v for k, v in options.items()}
    y = jnp.asarray(y_true.astype(np.float64 if y_true.dtype.kind == 'f' else np.int64))

    def each(p):
        values = fn(y, p, **keywords)
        return values.reshape(values.shape[0], -1).mean(1)

    p = jnp.asarray(y_pred.astype(np.float64))
    values, gradient = each(p), jax.grad(lambda p: each(p).mean())(p)
    assert values.dtype == gradient.dtype == jnp.float64
    cases.append({'loss': loss, 'options': options, 'inputs': [array(y_true), array(y_pred)],
                  'each': [number(v) for v in np.asarray(values)],
                  'gradient': [number(v) for v in np.asarray(gradient).ravel()]})


def main():
    k = keras.losses
    shapes = ((5, 4), (7, 1), (3, 2, 5))
    for shape in shapes:
        y, p = normal(*shape), normal(*shape, scale=2)
        add('meanSquaredError', k.mean_squared_error, y, p)
        add('meanAbsoluteError', k.mean_absolute_error, y, p)
        add('logCosh', k.log_cosh, y, p)
        add('huber', k.huber, y, p)
        add('huber', k.huber, y, p, delta=0.25)
        add('huber', k.huber, y, p, delta=2.5)
        add('poisson', k.poisson, rng.poisson(2, shape).astype(np.float32), np.abs(p) + np.float32(0.05))
        for name, fn in (('hinge', k.hinge), ('squaredHinge', k.squared_hinge)):
            add(name, fn, zero_one(*shape), p)
            add(name, fn, zero_one(*shape) * 2 - 1, p)
        for smoothing in (0, 0.2):
            add('binaryCrossentropy', k.binary_crossentropy, zero_one(*shape), p, fromLogits=True, labelSmoothing=smoothing)
            add('binaryCrossentropy', k.binary_crossentropy, zero_one(*shape), np.clip(np.abs(p) / 8, 0.01, 0.99), labelSmoothing=smoothing)
    for shape in ((5, 4), (3, 2, 5)):
        p = normal(*shape, scale=2)
        add('cosineSimilarity', k.cosine_similarity, normal(*shape), p)
        add('cosineSimilarity', k.cosine_similarity, normal(*shape), p, axis=1)
        add('kullbackLeiblerDivergence', k.kl_divergence, distribution(*shape), distribution(*shape))
    add('kullbackLeiblerDivergence', k.kl_divergence, one_hot(6, 3), distribution(6, 3))
    for n, classes in ((6, 3), (4, 10)):
        y, z, p = one_hot(n, classes), normal(n, classes, scale=2), distribution(n, classes)
        labels = y.argmax(1).astype(np.int32)
        add('categoricalHinge', k.categorical_hinge, y, z)
        add('sparseCategoricalCrossentropy', k.sparse_categorical_crossentropy, labels, z, fromLogits=True)
        add('sparseCategoricalCrossentropy', k.sparse_categorical_crossentropy, labels, p)
        for smoothing in (0, 0.1):
            add('categoricalCrossentropy', k.categorical_crossentropy, y, z, fromLogits=True, labelSmoothing=smoothing)
            add('categoricalCrossentropy', k.categorical_crossentropy, y, p, labelSmoothing=smoothing)
    write('losses', {'cases': cases}, keras=keras.__version__, backend=keras.backend.backend())


if __name__ == '__main__':
    main()
