"""Writes test/golden/losses.jsonl: every loss of Keras, one value a sample, and the gradient of their mean.

    KERAS_BACKEND=jax python scripts/golden_losses.py      needs keras, jax and numpy

Inputs are float32 numbers; Keras computes from them in float64. A case is
    loss, name, options, inputs (yTrue, yPred), each (one value a sample), gradient (of the mean, by yPred)
"""

import os

os.environ['JAX_ENABLE_X64'] = '1'

import jax
import jax.numpy as jnp
import keras
import numpy as np

from cases import Draws, array, number, write

keras.config.set_floatx('float64')

cases = []


def add(loss, fn, name, inputs, **options):
    """inputs: a function of Draws that gives yTrue and yPred."""
    y_true, y_pred = inputs(Draws('losses', loss, name, options))
    spelling = {'fromLogits': 'from_logits', 'labelSmoothing': 'label_smoothing'}
    keywords = {spelling.get(k, k): v for k, v in options.items()}
    y = jnp.asarray(y_true.astype(np.float64 if y_true.dtype.kind == 'f' else np.int64))

    def each(p):
        values = fn(y, p, **keywords)
        return values.reshape(values.shape[0], -1).mean(1)

    p = jnp.asarray(y_pred.astype(np.float64))
    values, gradient = each(p), jax.grad(lambda p: each(p).mean())(p)
    assert values.dtype == gradient.dtype == jnp.float64
    cases.append({'loss': loss, 'name': name, 'options': options, 'inputs': [array(y_true), array(y_pred)],
                  'each': [number(v) for v in np.asarray(values)],
                  'gradient': [number(v) for v in np.asarray(gradient).ravel()]})


def main():
    k = keras.losses
    for shape in ((5, 4), (7, 1), (3, 2, 5)):
        name = str(list(shape))
        numbers = lambda d: [d.normal(*shape), d.normal(*shape, scale=2)]
        add('meanSquaredError', k.mean_squared_error, name, numbers)
        add('meanAbsoluteError', k.mean_absolute_error, name, numbers)
        add('logCosh', k.log_cosh, name, numbers)
        add('huber', k.huber, name, numbers)
        add('huber', k.huber, name, numbers, delta=0.25)
        add('huber', k.huber, name, numbers, delta=2.5)
        add('poisson', k.poisson, name, lambda d: [d.rng.poisson(2, shape).astype(np.float32), d.positive(*shape)])
        for loss, fn in (('hinge', k.hinge), ('squaredHinge', k.squared_hinge)):
            add(loss, fn, name, lambda d: [d.zero_one(*shape), d.normal(*shape, scale=2)])
            add(loss, fn, f'{name} of −1 and 1', lambda d: [d.zero_one(*shape) * 2 - 1, d.normal(*shape, scale=2)])
        for smoothing in (0, 0.2):
            add('binaryCrossentropy', k.binary_crossentropy, name,
                lambda d: [d.zero_one(*shape), d.normal(*shape, scale=2)], fromLogits=True, labelSmoothing=smoothing)
            add('binaryCrossentropy', k.binary_crossentropy, name,
                lambda d: [d.zero_one(*shape), d.uniform(*shape, low=0.01, high=0.99)], labelSmoothing=smoothing)
    for shape in ((5, 4), (3, 2, 5)):
        name = str(list(shape))
        numbers = lambda d: [d.normal(*shape), d.normal(*shape, scale=2)]
        add('cosineSimilarity', k.cosine_similarity, name, numbers)
        add('cosineSimilarity', k.cosine_similarity, name, numbers, axis=1)
        add('kullbackLeiblerDivergence', k.kl_divergence, name, lambda d: [d.distribution(*shape), d.distribution(*shape)])
    add('kullbackLeiblerDivergence', k.kl_divergence, 'one-hot', lambda d: [d.one_hot(6, 3), d.distribution(6, 3)])
    for n, classes in ((6, 3), (4, 10)):
        name = f'[{n}, {classes}]'
        logits = lambda d: [d.one_hot(n, classes), d.normal(n, classes, scale=2)]
        shares = lambda d: [d.one_hot(n, classes), d.distribution(n, classes)]
        add('categoricalHinge', k.categorical_hinge, name, logits)
        add('sparseCategoricalCrossentropy', k.sparse_categorical_crossentropy, name,
            lambda d: [d.labels(classes, n), d.normal(n, classes, scale=2)], fromLogits=True)
        add('sparseCategoricalCrossentropy', k.sparse_categorical_crossentropy, name,
            lambda d: [d.labels(classes, n), d.distribution(n, classes)])
        for smoothing in (0, 0.1):
            add('categoricalCrossentropy', k.categorical_crossentropy, name, logits, fromLogits=True, labelSmoothing=smoothing)
            add('categoricalCrossentropy', k.categorical_crossentropy, name, shares, labelSmoothing=smoothing)
    write('losses', {'cases': cases}, keras=keras.__version__, backend=keras.backend.backend())


if __name__ == '__main__':
    main()
