"""Writes test/golden/toolbox.jsonl: further activations, the ops that rearrange, products with vectors, layer normalization.

    python scripts/golden_toolbox.py          needs torch and numpy

Cases are like those of golden.py.
"""

import numpy as np
import torch
import torch.nn.functional as F

from golden import Family, values


def activations(f):
    plain = {'relu6': F.relu6, 'softsign': F.softsign, 'hardSigmoid': F.hardsigmoid, 'silu': F.silu, 'mish': F.mish,
             'exponential': torch.exp, 'celu': F.celu}
    everything = [(op, fn, ()) for op, fn in plain.items()]
    everything += [('celu', lambda x, alpha=alpha: F.celu(x, alpha), (alpha,)) for alpha in (0.5, 2)]

    def off_kink(d):
        x = d.normal(37, scale=3)
        near = np.isclose(np.abs(x), 6, atol=0.06) | np.isclose(np.abs(x), 3, atol=0.06)
        return [np.where(near, 0.5, x).astype(np.float32)]

    edge = values(0.0, -0.0, 1e-6, -1e-6, 20, -20, 50, -50, 1e4, 3e38, np.nan)
    kinks = {'relu6': values(0, 6, -1, 2, 7), 'hardSigmoid': values(-3, 3, 0, 4), 'celu': values(0, -1, 2)}
    for op, fn, args in everything:
        label = f' {args[0]}' if args else ''
        f.add(op, 'vector' + label, fn, off_kink if op in ('relu6', 'hardSigmoid') else lambda d: [d.normal(37, scale=1.5)], args)
        f.add(op, 'matrix' + label, fn, lambda d: [d.normal(2, 9)], args)
        f.add(op, 'edges' + label, fn, [edge], args, gradient=False)
        if op in kinks:
            f.add(op, 'kink' + label, fn, [kinks[op]], args, smooth=False)
    infinite = {'relu6': (6, 0), 'hardSigmoid': (1, 0), 'silu': (np.inf, -0.0), 'mish': (np.inf, -0.0), 'softsign': (1, -1),
                'celu': (np.inf, -1)}
    for op, limits in infinite.items():
        f.add(op, 'limits', lambda x, limits=limits: torch.tensor(limits, dtype=torch.float64),
              [values(np.inf, -np.inf)], gradient=False)

    def prelu(x, alpha):
        return torch.where(x > 0, x, alpha * x)

    for shape, of_alpha in (((3, 5), (3, 5)), ((3, 5), (5,)), ((2, 3, 4), (3, 1)), ((2, 3, 4), (1, 1, 4)), ((6,), ()), ((0, 3), (3,))):
        f.add('prelu', f'{list(shape)} by {list(of_alpha)}', prelu, lambda d: [d.normal(*shape), d.normal(*of_alpha)])
    f.add('prelu', 'kink', prelu, [values(0, -1, 2), values(0.25, 0.5, -2)], smooth=False)
    f.add('prelu', 'not a number', prelu, [values(np.nan, -1, np.inf, -np.inf), values(0.25)], gradient=False)
    f.add('rrelu', 'testing', lambda x: F.leaky_relu(x, (1 / 8 + 1 / 3) / 2), lambda d: [d.normal(3, 4)])
    f.add('rrelu', 'testing from 0.1 to 0.5', lambda x: F.leaky_relu(x, 0.3), lambda d: [d.normal(9)], [{'lower': 0.1, 'upper': 0.5}])


def rearrangements(f):
    for shape, axis in (((2, 3), None), ((2, 3), 0), ((2, 3), 1), ((2, 3), -1), ((), 0)):
        f.add('expandDims', f'{list(shape)} axis {axis}', lambda x, a=axis or 0: x.unsqueeze(a), lambda d: [d.normal(*shape)], [] if axis is None else [axis])
    for shape, axis in (((1, 3, 1), None), ((1, 3, 1), 0), ((1, 3, 1), -1), ((1, 3, 1), [0, 2]), ((1, 1), None), ((2,), None)):
        f.add('squeeze', f'{list(shape)} axis {axis}', lambda x, a=axis: x.squeeze() if a is None else x.squeeze(a), lambda d: [d.normal(*shape)], [] if axis is None else [axis])
    for shape, axis in (((2, 3), 0), ((2, 3), 1), ((2, 3), -1), ((), 0), ((4,), -2)):
        f.add('stack', f'three of {list(shape)} axis {axis}', lambda *xs, a=axis: torch.stack(xs, a), lambda d: [d.normal(*shape) for _ in range(3)], [axis])
    f.add('stack', 'int32', lambda *xs: torch.stack(xs), [np.array([1, 2], np.int32), np.array([3, 4], np.int32)], [0], gradient=False)
    for shape, parts, axis in (((6, 2), 3, 0), ((2, 6), [1, 2, 3], 1), ((2, 4, 3), [3, 1], -2), ((4,), [0, 4], 0), ((3,), 1, 0)):
        lengths = parts if isinstance(parts, list) else shape[axis] // parts
        f.add('split', f'{list(shape)} into {parts} axis {axis}', lambda x, p=lengths, a=axis: tuple(torch.split(x, p, a)), lambda d: [d.normal(*shape)], [parts, axis])
    for shape, repeats in (((2, 3), [2, 1]), ((2, 3), [2, 3]), ((2, 3), [2]), ((3,), [2, 2]), ((2, 1, 3), [1, 4, 2]), ((), [3]), ((2, 2), [0, 2]), ((2, 3), [1, 1])):
        f.add('tile', f'{list(shape)} by {repeats}', lambda x, r=repeats: x.tile(r), lambda d: [d.normal(*shape)], [repeats])


def products(f):
    for a, b in (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 2, 3), (3,)), ((3,), (2, 3, 4)), ((4, 1, 2, 3), (5, 3, 2)), ((1, 2, 3), (4, 3, 2))):
        f.add('matmul', f'{list(a)} with {list(b)}', torch.matmul, lambda d: [d.normal(*a), d.normal(*b)])
    f.add('matmul', 'broadcast, B transposed', lambda a, b: a @ b.mT, lambda d: [d.normal(2, 1, 2, 3), d.normal(3, 4, 3)], [{'transposeB': True}])
    f.add('matmul', 'broadcast, A transposed', lambda a, b: a.mT @ b, lambda d: [d.normal(3, 2), d.normal(2, 3, 4)], [{'transposeA': True}])
    f.add('matmul', 'a vector, A transposed', lambda a, b: a.mT @ b, lambda d: [d.normal(3, 2), d.normal(3)], [{'transposeA': True}])


def layer_normalization(f):
    def normalize(x, gamma, beta, epsilon=1e-3, axis=-1):
        return F.layer_norm(x.movedim(axis, -1), [gamma.shape[0]], gamma, beta, epsilon).movedim(-1, axis)

    for shape, args in (((4, 5), []), ((2, 3, 7), []), ((3, 70), []), ((6,), []), ((5, 3), [0.1]), ((2, 4, 3), [1e-3, 1]), ((4, 2), [1e-5, 0])):
        c = shape[args[1] if len(args) > 1 else -1]
        f.add('layerNormalization', f'{list(shape)} {args}', lambda x, g, b, args=args: normalize(x, g, b, *args), lambda d: [d.normal(*shape), d.normal(c), d.normal(c)], args)
    f.add('layerNormalization', 'one column', normalize, lambda d: [d.normal(3, 1), d.normal(1), d.normal(1)], smooth=False)
    f.add('layerNormalization', 'no rows', normalize, lambda d: [d.normal(0, 3), d.normal(3), d.normal(3)], smooth=False)
    f.add('layerNormalization', 'mean far above the spread', normalize, lambda d: [np.float32(64) + d.normal(3, 24), d.normal(24), d.normal(24)], smooth=False)


if __name__ == '__main__':
    family = Family('toolbox')
    for part in (activations, rearrangements, products, layer_normalization):
        part(family)
    family.write()
