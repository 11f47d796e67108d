"""Writes test/golden/layer-normalization.jsonl: Keras' layer normalization along several axes, its values and its gradients,
computed in float64 from float32 inputs.

    KERAS_BACKEND=jax JAX_ENABLE_X64=1 python scripts/golden_layer_normalization.py      needs keras, jax and numpy
"""

import jax
import keras
import numpy as np
from cases import Draws, array, write

keras.config.set_floatx('float64')


def case(shape, options):
    layer = keras.layers.LayerNormalization(**options)
    layer.build(shape)
    draws = Draws('layer-normalization', shape, options)
    x, upstream = draws.normal(*shape), draws.normal(*shape)
    weights = [draws.normal(*weight.shape) for weight in layer.trainable_variables]

    def f(x, weights):
        return layer.stateless_call(weights, [], x)[0]

    y, backward = jax.vjp(f, x.astype(np.float64), [weight.astype(np.float64) for weight in weights])
    dx, dweights = backward(upstream.astype(np.float64))
    return {
        'options': options,
        'x': array(x),
        'weights': [array(weight) for weight in weights],
        'upstream': array(upstream),
        'y': array(np.asarray(y)),
        'dx': array(np.asarray(dx)),
        'dweights': [array(np.asarray(weight)) for weight in dweights],
    }


cases = [
    case((4, 3, 5), {'axis': [1, 2]}),
    case((4, 3, 5), {'axis': [-2, -1]}),
    case((2, 3, 4, 2), {'axis': [-2, -1], 'epsilon': 0.1}),
    case((2, 3, 4, 2), {'axis': [1, 2, 3]}),
    case((2, 3, 4), {'axis': [1, 2], 'center': False}),
    case((2, 3, 4), {'axis': [1, 2], 'scale': False}),
    case((2, 3, 4), {'axis': [1]}),
    case((3, 6), {'axis': [-1]}),
]
write('layer-normalization', {'cases': cases}, keras=keras.__version__, jax=jax.__version__)
