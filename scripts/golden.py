"""Writes files of test/golden: what ops, three optimizers and a small training run must give. The other golden_*.py write the rest.

    python scripts/golden.py                            needs torch and numpy; a file for each family of ops, optimizers and training
    KERAS_BACKEND=jax python scripts/golden.py keras    needs keras, jax and numpy; keras

Inputs are float32 numbers; everything is computed from them in float64 and rounded once, to eight significant digits. A case is
    name, inputs, args (positional, behind the inputs), outputs, upstream (the gradient of the first output), gradients (one an input)
and `smooth: false` where finite differences would meet a kink or leave the domain. Its random inputs are drawn by a function of `Draws`,
whose seed is that of the case alone.
"""

import math
import sys

import numpy as np

from cases import Draws, array, number, write

PASS_ON = {'neg', 'abs', 'cast'}  # ops that do not take subnormals for zeros


def flushed(x):
    return np.where(np.abs(x) < np.finfo(np.float32).tiny, np.copysign(0, x), x)


class Family:
    """The cases of a family of ops, computed by PyTorch."""

    def __init__(self, name):
        self.name = name
        self.ops = {}

    def add(self, op, name, fn, inputs, args=(), smooth=True, gradient=True):
        """inputs: arrays, or a function of Draws that gives them."""
        import torch

        draws = Draws(self.name, op, name)
        if callable(inputs):
            inputs = inputs(draws)
        tensors, upstream, gradients = [], None, None
        for x in inputs:
            if x.dtype.kind == 'f':
                operand = x if op in PASS_ON else flushed(x)
                tensors.append(torch.tensor(operand.astype(np.float64), requires_grad=gradient))
            else:
                tensors.append(torch.tensor(x.astype(np.int64) if x.dtype.kind != 'b' else x))
        result = fn(*tensors)
        outputs = list(result) if isinstance(result, tuple) else [result]
        first = outputs[0]
        if gradient:
            upstream = np.round(draws.rng.uniform(-1, 1, size=tuple(first.shape)), 2)
            leaves = [t for t in tensors if t.requires_grad]
            found = (torch.autograd.grad(first, leaves, torch.tensor(upstream), allow_unused=True)
                     if first.requires_grad else [None] * len(leaves))
            by_leaf = {id(t): g for t, g in zip(leaves, found)}
            gradients = [None if by_leaf.get(id(t)) is None else [number(v) for v in by_leaf[id(t)].numpy().ravel()]
                         for t in tensors]
        case = {'name': name, 'inputs': [array(x) for x in inputs], 'args': list(args),
                'outputs': [array(self.plain(t)) for t in outputs]}
        if gradient:
            case |= {'upstream': [number(v) for v in upstream.ravel()], 'gradients': gradients}
            if not smooth:
                case['smooth'] = False
        self.ops.setdefault(op, []).append(case)

    @staticmethod
    def plain(t):
        a = t.detach().numpy()
        return a.astype(np.int32) if a.dtype.kind == 'i' else a

    def write(self):
        import torch

        write(self.name, {'ops': self.ops}, torch=torch.__version__)


def values(*numbers):
    return np.array(numbers, np.float32)


HUGE = values(0.0, -0.0, 1e-40, -1e-40, 1e-6, -1e-6, 20, -20, 88.7, 89, -87, -104, 1e10, -1e10, 3e38, -3e38, np.inf, -np.inf, np.nan)


def unary():
    import torch

    f = Family('unary')
    everywhere = {
        'neg': torch.neg, 'abs': torch.abs, 'exp': torch.exp, 'expm1': torch.expm1, 'square': torch.square,
        'erf': torch.erf, 'sin': torch.sin, 'cos': torch.cos, 'atan': torch.atan, 'reciprocal': torch.reciprocal,
    }
    above_zero = {'log': torch.log, 'log1p': torch.log1p, 'sqrt': torch.sqrt, 'rsqrt': torch.rsqrt}
    for op, fn in everywhere.items():
        # Away from zero, where the reciprocal has a pole.
        draw = (lambda d, *s: np.sign(d.normal(*s)) * d.positive(*s)) if op == 'reciprocal' else Draws.normal
        f.add(op, 'vector', fn, lambda d: [draw(d, 37)])
        f.add(op, 'matrix', fn, lambda d: [draw(d, 3, 5)])
        f.add(op, 'scalar', fn, lambda d: [draw(d)])
        f.add(op, 'nothing', fn, lambda d: [d.normal(0, 3)])
        # Sine and cosine of huge numbers: the argument itself is rounded by more than a period.
        edges = HUGE[:13] if op in ('sin', 'cos') else HUGE
        f.add(op, 'edges', fn, [edges], gradient=False)
    for op, fn in above_zero.items():
        f.add(op, 'vector', fn, lambda d: [d.positive(37)])
        f.add(op, 'matrix', fn, lambda d: [d.positive(4, 3)])
        f.add(op, 'scalar', fn, lambda d: [d.positive()])
        f.add(op, 'edges', fn, [np.append(HUGE, values(-1, -0.5, 1e-30))], gradient=False)
    f.add('sign', 'signs', torch.sign, [values(-2.5, 0, 3, -0.0, np.inf, 1e-40)], gradient=False)
    f.add('sign', 'gradient', torch.sign, lambda d: [d.normal(5)], smooth=True)
    f.add('abs', 'kink', torch.abs, [values(0, -1, 2)], smooth=False)
    for op in ('neg', 'abs', 'square', 'sign'):
        f.add(op, 'int32', getattr(torch, op), [np.array([-7, 0, 3, 40000], np.int32)], gradient=False)
    f.add('exp', 'int32 in float32', lambda x: torch.exp(x.double()), [np.array([-2, 0, 3], np.int32)], gradient=False)

    def off_bounds(x, *bounds):
        near = np.any([np.abs(x - bound) < 0.06 for bound in bounds], axis=0)
        return np.where(near, x + 0.13, x).astype(np.float32)

    for low, high in ((-1, 1), (0, 6), (-0.5, 0.25)):
        f.add('clip', f'{low} to {high}', lambda x, a=low, b=high: torch.clamp(x, a, b), lambda d: [off_bounds(d.spread(19), low, high)], [low, high])
    f.add('clip', 'at the bounds', lambda x: torch.clamp(x, -1, 1), [values(-1, 1, 0, 2, -2)], [-1, 1], smooth=False)
    f.add('clip', 'edges', lambda x: torch.clamp(x, -1, 1), [HUGE], [-1, 1], gradient=False)
    f.write()


def binary():
    import torch

    f = Family('binary')
    shapes = [((2, 3), (2, 3)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 4)), ((4, 1, 3), (2, 1)), ((), (2, 2)), ((19,), ()), ((0, 3), (1, 3))]
    arithmetic = {'add': torch.add, 'sub': torch.sub, 'mul': torch.mul, 'div': torch.div,
                  'maximum': torch.maximum, 'minimum': torch.minimum, 'pow': torch.pow}

    def two_spread(d, a, b):
        both = d.spread(math.prod(a) + math.prod(b))
        return [both[:math.prod(a)].reshape(a), both[math.prod(a):].reshape(b)]

    for op, fn in arithmetic.items():
        for a, b in shapes:
            draw = Draws.positive if op in ('div', 'pow') else Draws.normal
            inputs = (lambda d: two_spread(d, a, b)) if op in ('maximum', 'minimum') else (lambda d: [draw(d, *a), draw(d, *b)])
            f.add(op, f'{list(a)} with {list(b)}', fn, inputs)
        f.add(op, 'with a number', lambda x, fn=fn: fn(x, torch.tensor(1.5, dtype=torch.float64)), lambda d: [d.spread(11) + 8], [1.5])
    edge = values(0, -0.0, 1, -1, 2.5, np.inf, -np.inf, np.nan, 1e30, -1e-30)
    for op, fn in arithmetic.items():
        f.add(op, 'edges', fn, [np.repeat(edge, 10), np.tile(edge, 10)], gradient=False)
    f.add('pow', 'whole powers of negative numbers', torch.pow, [values(-2, -1.5, -3, 2), values(3, 2, -2, -1)], smooth=False, gradient=False)
    for power in (2, 3, 0.5, -1):
        f.add('pow', f'to the {power}', lambda x, p=power: torch.pow(x, p), lambda d: [d.positive(7)], [power])
    f.add('pow', 'cubes', lambda x: torch.pow(x, 3), lambda d: [d.normal(6)], [3])
    for op in ('maximum', 'minimum'):
        f.add(op, 'ties', arithmetic[op], [values(1, 2, -0.5, 0), values(1, 1, -0.5, 0)], smooth=False)
    whole = [np.array([-7, 0, 3, 9], np.int32), np.array([2, -5, 3, 8], np.int32)]
    for op in ('add', 'sub', 'mul', 'maximum', 'minimum'):
        f.add(op, 'int32', arithmetic[op], whole, gradient=False)
        f.add(op, 'uint8 gives int32', arithmetic[op], [np.array([200, 3], np.uint8), np.array([100, 5], np.uint8)], gradient=False)
    f.add('add', 'int32 with float32', torch.add, lambda d: [whole[0], d.normal(4)])
    f.add('div', 'int32 in float32', lambda a, b: a.double() / b, whole, gradient=False)
    compare = {'equal': torch.eq, 'notEqual': torch.ne, 'greater': torch.gt, 'greaterEqual': torch.ge,
               'less': torch.lt, 'lessEqual': torch.le}
    for op, fn in compare.items():
        f.add(op, 'edges', fn, [np.repeat(edge, 10), np.tile(edge, 10)], gradient=False)
        f.add(op, 'broadcast', fn, [np.array([[1, 2, 3]], np.float32), np.array([[2], [3]], np.float32)], gradient=False)
        f.add(op, 'int32', fn, whole, gradient=False)
        f.add(op, 'with a number', lambda x, fn=fn: fn(x, 2), [values(1, 2, 3)], [2], gradient=False)
    condition = np.array([[True, False, True], [False, False, True]])
    f.add('where', 'one shape', torch.where, lambda d: [condition, d.normal(2, 3), d.normal(2, 3)])
    f.add('where', 'broadcast', torch.where, lambda d: [condition, d.normal(1, 3), d.normal(2, 1)])
    f.add('where', 'broadcast condition', torch.where, lambda d: [condition[0], d.normal(2, 3), d.normal()])
    f.add('where', 'int32', torch.where, [condition[0], whole[0][:3], whole[1][:3]], gradient=False)
    f.write()


def activation():
    import torch
    import torch.nn.functional as F

    f = Family('activation')
    softplus = lambda x: torch.logaddexp(x, torch.zeros((), dtype=x.dtype))
    plain = {'linear': lambda x: x * 1, 'relu': F.relu, 'selu': F.selu, 'softplus': softplus,
             'sigmoid': torch.sigmoid, 'tanh': torch.tanh, 'gelu': F.gelu}
    options = {
        'leakyRelu': [(), (0.01,), (0.3,)], 'elu': [(), (0.5,), (2,)], 'gelu': [(True,)],
    }
    with_options = {
        'leakyRelu': lambda x, slope=0.2: F.leaky_relu(x, slope),
        'elu': lambda x, alpha=1.0: F.elu(x, alpha),
        'gelu': lambda x, _: F.gelu(x, approximate='tanh'),
    }
    edge = values(0.0, -0.0, 1e-6, -1e-6, 20, -20, 50, -50, 1e4, 3e38, np.inf, np.nan)
    everything = [(op, fn, ()) for op, fn in plain.items()]
    everything += [(op, with_options[op], args) for op, all_args in options.items() for args in all_args]
    for op, fn, args in everything:
        g = lambda x, fn=fn, args=args: fn(x, *args)
        label = f' {args[0]}' if args else ''
        f.add(op, 'vector' + label, g, lambda d: [d.normal(37, scale=1.5)], args)
        f.add(op, 'matrix' + label, g, lambda d: [d.normal(2, 9)], args)
        f.add(op, 'edges' + label, g, [edge], args, gradient=False)
        if op in ('relu', 'leakyRelu', 'elu', 'selu'):
            f.add(op, 'kink' + label, g, [values(0, -1, 2)], args, smooth=False)
    for op, fn in {'softmax': torch.softmax, 'logSoftmax': torch.log_softmax}.items():
        for shape, axis in (((3, 5), -1), ((2, 3, 4), 1), ((2, 3, 4), 0), ((1, 1), -1), ((2, 37), -1), ((6,), 0)):
            f.add(op, f'{list(shape)} axis {axis}', lambda x, fn=fn, axis=axis: fn(x, axis), lambda d: [d.normal(*shape)], [axis])
        f.add(op, 'far apart', lambda x, fn=fn: fn(x, -1), [np.array([[1000, 0, -1000], [-3e38, 0, 50], [90, 90, 90]], np.float32)], [])
        f.ops[op][-1]['smooth'] = False
    f.write()


def reduction():
    import torch

    f = Family('reduction')
    cases = [((5,), None, False), ((2, 3), None, True), ((2, 3), 0, False), ((2, 3), 1, False), ((2, 3), -1, True), ((2, 3, 4), 1, False),
             ((2, 3, 4), [0, 2], False), ((2, 3, 4), [0, 1], True), ((3, 70), 1, False), ((70, 3), 0, False), ((), None, False)]
    dims = lambda x, axis: list(range(x.dim())) if axis is None else axis if isinstance(axis, list) else [axis]

    def one_by_one(fn):
        def along(x, axis, keep):
            for a in sorted((d % x.dim() for d in dims(x, axis)), reverse=True):
                x = fn(x, a, keep)
            return x
        return along

    def near_one(d, *shape):
        """Factors whose product does not leave float32, of both signs."""
        return np.sign(d.normal(*shape)) * d.uniform(*shape, low=0.8, high=1.2)

    functions = {
        'sum': lambda x, a, k: x.sum(dims(x, a), keepdim=k) if x.dim() else x.sum(),
        'mean': lambda x, a, k: x.mean(dims(x, a), keepdim=k) if x.dim() else x.mean(),
        'variance': lambda x, a, k: x.var(dims(x, a), keepdim=k, correction=0) if x.dim() else x * 0,
        'max': lambda x, a, k: torch.amax(x, dims(x, a), keepdim=k),
        'min': lambda x, a, k: torch.amin(x, dims(x, a), keepdim=k),
        'logSumExp': lambda x, a, k: torch.logsumexp(x, dims(x, a), keepdim=k) if x.dim() else x * 1,
        'prod': one_by_one(lambda x, a, k: torch.prod(x, a, k)),
    }
    for op, fn in functions.items():
        draw = {'max': Draws.spread, 'min': Draws.spread, 'prod': near_one}.get(op, Draws.normal)
        for shape, axis, keep in cases:
            f.add(op, f'{list(shape)} axis {axis}{" kept" if keep else ""}', lambda x, fn=fn, a=axis, k=keep: fn(x, a, k), lambda d: [draw(d, *shape)], [axis, keep])
    whole = np.array([[3, -5, 7], [2, 2, -9]], np.int32)
    for op in ('sum', 'max', 'min', 'prod'):
        f.add(op, 'int32', lambda x, fn=functions[op]: fn(x, 1, False), [whole], [1], gradient=False)
    f.add('sum', 'nothing', lambda x: x.sum(1), lambda d: [d.normal(2, 0)], [1])
    f.add('prod', 'nothing', lambda x: x.prod(1), lambda d: [d.normal(2, 0)], [1])
    f.add('prod', 'one zero', lambda x: x.prod(1), [np.array([[0, 2, 3], [0, 0, 2], [1, 2, 3]], np.float32)], [1], smooth=False)
    f.add('max', 'ties', lambda x: torch.amax(x, 1), [np.array([[1, 1, 0], [2, 3, 3]], np.float32)], [1], smooth=False)
    f.add('min', 'ties', lambda x: torch.amin(x, 1), [np.array([[1, 1, 0], [2, 2, 3]], np.float32)], [1], smooth=False)
    f.add('variance', 'mean far above the spread', lambda x: x.var(correction=0), lambda d: [np.float32(4000) + d.spread(50)], [], smooth=False)
    f.add('sum', 'infinities', lambda x: x.sum(1), [np.array([[np.inf, 1], [np.inf, -np.inf], [np.nan, 1]], np.float32)], [1], gradient=False)
    f.add('max', 'not a number', lambda x: torch.amax(x, 1), [np.array([[np.nan, 1], [1, np.nan], [-np.inf, 2]], np.float32)], [1], gradient=False)
    f.add('logSumExp', 'far apart', lambda x: torch.logsumexp(x, 1), [np.array([[1000, 999], [-1000, -1000], [3e38, -3e38]], np.float32)], [1], smooth=False)
    f.add('logSumExp', 'infinities', lambda x: torch.logsumexp(x, 1), [np.array([[-np.inf, -np.inf], [np.inf, 1], [-np.inf, 2]], np.float32)], [1], gradient=False)
    for op, fn in {'argMax': torch.argmax, 'argMin': torch.argmin}.items():
        for shape, axis, keep in [((5,), None, False), ((2, 3), None, False), ((2, 3), 0, False), ((2, 3, 4), 1, True), ((3, 70), -1, False), ((70, 3), 0, False)]:
            f.add(op, f'{list(shape)} axis {axis}', lambda x, fn=fn, a=axis, k=keep: fn(x, a, k), lambda d: [d.spread(*shape)], [axis, keep], gradient=False)
        f.add(op, 'int32', lambda x, fn=fn: fn(x, 1), [whole], [1], gradient=False)
    f.write()


def movement():
    import torch
    import torch.nn.functional as F

    f = Family('movement')
    f.add('reshape', 'to a matrix', lambda x: x.reshape(3, 4), lambda d: [d.normal(2, 6)], [[3, 4]])
    f.add('reshape', 'with a free size', lambda x: x.reshape(-1, 2), lambda d: [d.normal(2, 3)], [[-1, 2]])
    f.add('reshape', 'to a scalar', lambda x: x.reshape([]), lambda d: [d.normal(1, 1)], [[]])
    f.add('flatten', 'cube', lambda x: x.reshape(-1), lambda d: [d.normal(2, 3, 2)])
    for shape, order in (((2, 3), None), ((4,), None), ((2, 3, 4), [2, 0, 1]), ((2, 3, 4), [0, 2, 1]), ((2, 1, 3, 2), [3, 2, 1, 0]), ((2, 3, 4), [-1, 0, 1])):
        f.add('transpose', f'{list(shape)} {order}', lambda x, p=order: x.permute(p if p else list(range(x.dim()))[::-1]), lambda d: [d.normal(*shape)], [order] if order else [])
    f.add('transpose', 'uint8', lambda x: x.T, [np.arange(6, dtype=np.uint8).reshape(2, 3)], gradient=False)
    f.ops['transpose'][-1]['outputs'][0]['dtype'] = 'uint8'
    f.add('concat', 'rows', lambda *xs: torch.cat(xs, 0), lambda d: [d.normal(2, 3), d.normal(1, 3), d.normal(4, 3)], [0])
    f.add('concat', 'columns', lambda *xs: torch.cat(xs, 1), lambda d: [d.normal(2, 3), d.normal(2, 1)], [1])
    f.add('concat', 'last of three', lambda *xs: torch.cat(xs, -1), lambda d: [d.normal(2, 2, 1), d.normal(2, 2, 3)], [-1])
    f.add('concat', 'with nothing', lambda *xs: torch.cat(xs, 0), lambda d: [d.normal(0, 2), d.normal(2, 2)], [0])
    f.add('concat', 'int32', lambda *xs: torch.cat(xs, 0), [np.array([1, 2], np.int32), np.array([3], np.int32)], [0], gradient=False)
    f.add('slice', 'rows', lambda x: x[1:3], lambda d: [d.normal(4, 3)], [1, 2])
    f.add('slice', 'block', lambda x: x[1:3, 0:2, 2:3], lambda d: [d.normal(3, 2, 4)], [[1, 0, 2], [2, -1, 1]])
    f.add('slice', 'from the end', lambda x: x[-2:], lambda d: [d.normal(5)], [[-2]])
    f.add('slice', 'nothing', lambda x: x[2:2], lambda d: [d.normal(4)], [[2], [0]])
    f.add('pad', 'matrix', lambda x: F.pad(x, (2, 1, 1, 0)), lambda d: [d.normal(2, 3)], [[[1, 0], [2, 1]]])
    f.add('pad', 'with a value', lambda x: F.pad(x, (0, 2), value=-1.5), lambda d: [d.normal(3)], [[[0, 2]], -1.5])
    indices = np.array([2, 0, 2], np.int32)
    f.add('gather', 'rows', lambda x, i: x[i], lambda d: [d.normal(4, 3), indices], [])
    f.add('gather', 'columns', lambda x, i: x[:, i], lambda d: [d.normal(2, 3), indices], [1])
    f.add('gather', 'matrix of indices', lambda x, i: x[:, i], lambda d: [d.normal(2, 3, 2), np.array([[0, 1], [2, 2]], np.int32)], [1])
    f.add('gather', 'from the end', lambda x, i: x[i], lambda d: [d.normal(4), np.array([-1, 1], np.int32)], [0])
    for shape, to in (((1, 3), (2, 3)), ((3,), (2, 3)), ((2, 1, 1), (2, 3, 4)), ((), (2, 2)), ((2, 1), (4, 2, 3)), ((1,), (0,))):
        f.add('broadcastTo', f'{list(shape)} to {list(to)}', lambda x, to=to: x.broadcast_to(to), lambda d: [d.normal(*shape)], [list(to)])
    one_hot = lambda i, depth, on=1.0, off=0.0: F.one_hot(i, depth).double() * (on - off) + off
    f.add('oneHot', 'labels', lambda i: one_hot(i, 4), [np.array([2, 0, 3], np.int32)], [4], gradient=False)
    f.add('oneHot', 'matrix of uint8', lambda i: one_hot(i, 3), [np.array([[0, 2], [1, 1]], np.uint8)], [3], gradient=False)
    f.add('oneHot', 'with values', lambda i: one_hot(i, 3, 0.9, 0.05), [np.array([1, 2], np.int32)], [3, 0.9, 0.05], gradient=False)
    f.add('cast', 'to int32', lambda x: x.to(torch.int32), [values(1.9, -1.9, 0.5, 3)], ['int32'], gradient=False)
    f.add('cast', 'to bool', lambda x: x != 0, [values(0, -0.0, 2, 1e-40, np.nan)], ['bool'], gradient=False)
    f.add('cast', 'int32 to float32', lambda x: x.double(), [np.array([-3, 16777217, 4], np.int32)], ['float32'], gradient=False)
    f.add('cast', 'to itself', lambda x: x * 1, lambda d: [d.normal(3)], ['float32'])
    f.write()


def product():
    import torch

    f = Family('product')

    def matmul(a, b, transposeA=False, transposeB=False):
        return torch.matmul(a.transpose(-1, -2) if transposeA else a, b.transpose(-1, -2) if transposeB else b)

    for m, k, n in ((2, 3, 4), (1, 1, 1), (5, 7, 3), (1, 9, 17), (17, 2, 1)):
        for ta in (False, True):
            for tb in (False, True):
                if (ta or tb) and m not in (2, 5):
                    continue
                f.add('matmul', f'{m}×{k}×{n}{" A transposed" if ta else ""}{" B transposed" if tb else ""}',
                      lambda a, b, ta=ta, tb=tb: matmul(a, b, ta, tb),
                      lambda d: [d.normal(*((k, m) if ta else (m, k))), d.normal(*((n, k) if tb else (k, n)))], [{'transposeA': ta, 'transposeB': tb}])
    for a, b in (((2, 2, 3), (3, 2)), ((2, 2, 3), (2, 3, 2)), ((2, 1, 2, 3), (3, 3, 2)), ((2, 3), (3, 3, 2))):
        f.add('matmul', f'{list(a)} with {list(b)}', matmul, lambda d: [d.normal(*a), d.normal(*b)])
    f.add('matmul', 'batches transposed', lambda a, b: matmul(a, b, True, True), lambda d: [d.normal(2, 3, 2), d.normal(2, 4, 3)], [{'transposeA': True, 'transposeB': True}])
    f.add('matmul', 'nothing inside', matmul, lambda d: [d.normal(2, 0), d.normal(0, 3)])
    f.add('matmul', 'no rows', matmul, lambda d: [d.normal(0, 2), d.normal(2, 3)])
    for a, b in (((4,), (4,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2))):
        f.add('dot', f'{list(a)} with {list(b)}', torch.matmul, lambda d: [d.normal(*a), d.normal(*b)])
    F = torch.nn.functional
    functions = {'linear': lambda z: z, 'relu': F.relu, 'elu': F.elu, 'selu': F.selu, 'sigmoid': torch.sigmoid, 'tanh': torch.tanh}

    def off_kink(d):
        while True:
            x, w, b = d.normal(4, 3), d.normal(3, 5), d.normal(5)
            if np.min(np.abs(x.astype(np.float64) @ w + b)) >= 0.15:
                return [x, w, b]

    for name, fn in functions.items():
        f.add('dense', name, lambda x, w, b, fn=fn: fn(x @ w + b), off_kink, [name])
    f.add('dense', 'three axes', lambda x, w, b: x @ w + b, lambda d: [d.normal(2, 3, 4), d.normal(4, 2), d.normal(2)], ['linear'])
    f.add('dense', 'without bias', lambda x, w: torch.tanh(x @ w), lambda d: [d.normal(3, 4), d.normal(4, 2)], [None, 'tanh'])
    f.write()


def normalization():
    import torch
    import torch.nn.functional as F

    f = Family('normalization')

    def normalize(x, gamma, beta, epsilon=1e-3):
        axes = list(range(x.dim() - 1))
        mean, variance = x.mean(axes), x.var(axes, correction=0)
        return gamma * (x - mean) / torch.sqrt(variance + epsilon) + beta, mean, variance

    for shape, epsilon in (((6, 3), 1e-3), ((9, 17), 1e-3), ((2, 3, 4), 1e-3), ((5, 2), 0.1), ((4, 1), 1e-3)):
        c = shape[-1]
        f.add('batchNormalization', f'{list(shape)} ε {epsilon}', lambda x, g, b, e=epsilon: normalize(x, g, b, e),
              lambda d: [d.normal(*shape), d.normal(c), d.normal(c)], [epsilon])
        f.add('batchNormalizationInference', f'{list(shape)} ε {epsilon}',
              lambda x, m, v, g, b, e=epsilon: g * (x - m) / torch.sqrt(v + e) + b,
              lambda d: [d.normal(*shape), d.normal(c), d.positive(c), d.normal(c), d.normal(c)], [epsilon])
    f.add('batchNormalization', 'one row', normalize, lambda d: [d.normal(1, 3), d.normal(3), d.normal(3)], [], smooth=False)
    f.add('batchNormalization', 'mean far above the spread', normalize, lambda d: [np.float32(64) + d.spread(8, 2), d.normal(2), d.normal(2)], [], smooth=False)

    for n, c in ((3, 4), (1, 2), (5, 37)):
        f.add('sparseSoftmaxCrossEntropy', f'[{n}, {c}]', lambda z, y: F.cross_entropy(z, y, reduction='none'), lambda d: [d.normal(n, c), d.labels(c, n)])
        f.add('softmaxCrossEntropy', f'[{n}, {c}]', lambda z, t: -(t * torch.log_softmax(z, -1)).sum(-1), lambda d: [d.normal(n, c), d.distribution(n, c)])
    f.add('softmaxCrossEntropy', 'three axes', lambda z, t: -(t * torch.log_softmax(z, -1)).sum(-1), lambda d: [d.normal(2, 2, 3), d.positive(2, 2, 3)])
    f.add('sparseSoftmaxCrossEntropy', 'labels uint8', lambda z, y: F.cross_entropy(z, y, reduction='none'), lambda d: [d.normal(2, 3), np.array([2, 0], np.uint8)])
    far = np.array([[1000, 0, -1000], [-3e38, 3e38, 0]], np.float32)
    f.add('sparseSoftmaxCrossEntropy', 'far apart', lambda z, y: F.cross_entropy(z, y, reduction='none'), [far, np.array([2, 1], np.int32)], smooth=False)
    f.write()


def moving_average():
    """Running statistics over twenty batches, momentum 0.9 and 0.99."""
    draws = Draws('optimizers', 'moving average')
    batches = [draws.normal(5, 3, scale=2, shift=1) for _ in range(20)]
    result = {'batches': [array(b) for b in batches], 'runs': []}
    for momentum in (0.9, 0.99):
        mean, variance, steps = np.zeros(3), np.ones(3), []
        for batch in batches:
            b = batch.astype(np.float64)
            mean = momentum * mean + (1 - momentum) * b.mean(0)
            variance = momentum * variance + (1 - momentum) * b.var(0)
            steps.append({'mean': [number(v) for v in mean], 'variance': [number(v) for v in variance]})
        result['runs'].append({'momentum': momentum, 'steps': steps})
    return result


RULES = [
    ('sgd', {'learningRate': 0.05}),
    ('sgd', {'learningRate': 0.05, 'momentum': 0.9}),
    ('sgd', {'learningRate': 0.05, 'momentum': 0.9, 'nesterov': True}),
    ('rmsprop', {'learningRate': 0.01}),
    ('rmsprop', {'learningRate': 0.01, 'rho': 0.8, 'momentum': 0.5}),
    ('rmsprop', {'learningRate': 0.01, 'momentum': 0.5, 'centered': True}),
    ('adam', {'learningRate': 0.01}),
    ('adam', {'learningRate': 0.01, 'beta1': 0.8, 'beta2': 0.99}),
    ('adam', {'learningRate': 0.01, 'amsgrad': True}),
]


class Rule:
    """One parameter's update in Keras' formulas, in float64."""

    def __init__(self, name, o):
        self.name, self.o, self.t = name, o, 0
        self.m = self.v = self.mean = self.largest = 0.0

    def step(self, w, g):
        o, rate, self.t = self.o, self.o['learningRate'], self.t + 1
        if self.name == 'sgd':
            mu = o.get('momentum', 0)
            self.v = mu * self.v - rate * g
            return w + (mu * self.v - rate * g if o.get('nesterov') else self.v)
        if self.name == 'rmsprop':
            rho, mu, epsilon = o.get('rho', 0.9), o.get('momentum', 0), o.get('epsilon', 1e-7)
            self.v = rho * self.v + (1 - rho) * g * g
            denominator = self.v + epsilon
            if o.get('centered'):
                self.mean = rho * self.mean + (1 - rho) * g
                denominator = denominator - self.mean ** 2
            self.m = mu * self.m + rate * g / np.sqrt(denominator)
            return w - self.m
        b1, b2, epsilon = o.get('beta1', 0.9), o.get('beta2', 0.999), o.get('epsilon', 1e-7)
        self.m = self.m + (1 - b1) * (g - self.m)
        self.v = self.v + (1 - b2) * (g * g - self.v)
        v = self.v
        if o.get('amsgrad'):
            self.largest = v = np.maximum(self.largest, self.v)
        return w - rate * math.sqrt(1 - b2 ** self.t) / (1 - b1 ** self.t) * self.m / (np.sqrt(v) + epsilon)


def trajectories():
    """Start and twenty gradients, the same for every rule, float64 and Keras."""
    draws = Draws('optimizers', 'trajectory')
    return draws.normal(3, 4), [draws.normal(3, 4, scale=0.1 + k % 3) for k in range(20)]


def optimizers():
    start, gradients = trajectories()
    runs = []
    for name, options in RULES:
        rule, w, steps = Rule(name, options), start.astype(np.float64), []
        for g in gradients:
            w = rule.step(w, g.astype(np.float64))
            steps.append([number(v) for v in w.ravel()])
        runs.append({'name': name, 'options': options, 'steps': steps})
    write('optimizers', {'start': array(start), 'gradients': [array(g) for g in gradients], 'runs': runs, 'movingAverage': moving_average()})


def training():
    """20–16 ReLU–batch normalization–5 softmax, batch 8, ten steps: losses and final weights, gradients by PyTorch."""
    import torch
    import torch.nn.functional as F

    double = lambda a: a.astype(np.float64)
    names = ['kernel1', 'bias1', 'gamma', 'beta', 'kernel2', 'bias2']
    draws = Draws('training')
    start = [draws.normal(20, 16, scale=0.3), np.zeros(16, np.float32), np.ones(16, np.float32), np.zeros(16, np.float32),
             draws.normal(16, 5, scale=0.3), np.zeros(5, np.float32)]
    x = draws.normal(10, 8, 20)
    y = draws.labels(5, 10, 8)
    runs = []
    for name, options in (('sgd', {'learningRate': 0.1, 'momentum': 0.9}), ('rmsprop', {'learningRate': 0.01}), ('adam', {'learningRate': 0.01})):
        weights = [torch.tensor(double(w), requires_grad=True) for w in start]
        rules = [Rule(name, options) for _ in weights]
        losses, mean, variance = [], np.zeros(16), np.ones(16)
        for step in range(10):
            kernel1, bias1, gamma, beta, kernel2, bias2 = weights
            h = F.relu(torch.tensor(double(x[step])) @ kernel1 + bias1)
            m, v = h.mean(0), h.var(0, correction=0)
            z = (gamma * (h - m) / torch.sqrt(v + 1e-3) + beta) @ kernel2 + bias2
            loss = F.cross_entropy(z, torch.tensor(y[step].astype(np.int64)))
            losses.append(number(loss.item()))
            mean = 0.99 * mean + 0.01 * m.detach().numpy()
            variance = 0.99 * variance + 0.01 * v.detach().numpy()
            gradients = torch.autograd.grad(loss, weights)
            weights = [torch.tensor(r.step(w.detach().numpy(), g.numpy()), requires_grad=True)
                       for r, w, g in zip(rules, weights, gradients)]
        final = {n: array(w.detach().numpy()) for n, w in zip(names, weights)}
        final |= {'movingMean': array(mean), 'movingVariance': array(variance)}
        runs.append({'optimizer': name, 'options': options, 'losses': losses, 'final': final})
    write('training', {'start': {n: array(w) for n, w in zip(names, start)}, 'x': array(x), 'y': array(y), 'runs': runs}, torch=torch.__version__)


def keras():
    import keras

    start, gradients = trajectories()
    spelling = {'learningRate': 'learning_rate', 'beta1': 'beta_1', 'beta2': 'beta_2'}
    runs = []
    for name, options in RULES:
        cls = {'sgd': keras.optimizers.SGD, 'rmsprop': keras.optimizers.RMSprop, 'adam': keras.optimizers.Adam}[name]
        optimizer = cls(**{spelling.get(k, k): v for k, v in options.items()})
        w = keras.Variable(start)
        steps = []
        for g in gradients:
            optimizer.apply([keras.ops.convert_to_tensor(g)], [w])
            steps.append([number(v) for v in keras.ops.convert_to_numpy(w).ravel()])
        runs.append({'name': name, 'options': options, 'steps': steps})
    write('keras', {'runs': runs}, keras=keras.__version__, backend=keras.backend.backend())


if __name__ == '__main__':
    if sys.argv[1:] == ['keras']:
        keras()
    else:
        for part in (unary, binary, activation, reduction, movement, product, normalization, optimizers, training):
            part()
