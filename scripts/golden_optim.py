"""Writes test/golden/optim.jsonl: twenty steps of every optimizer with every clipping, decay and a schedule, in the formulas in float64
and, where Keras has the optimizer, by Keras; and the curves of Keras' schedules.

    KERAS_BACKEND=jax python scripts/golden_optim.py          needs keras, jax and numpy
"""

import math

import keras
import numpy as np

from cases import Draws, array, number, write

# Classes of Keras, None where it has none.
NAMES = {
    'sgd': 'SGD', 'rmsprop': 'RMSprop', 'adam': 'Adam', 'adagrad': 'Adagrad', 'adadelta': 'Adadelta', 'adamw': 'AdamW',
    'adamax': 'Adamax', 'nadam': 'Nadam', 'radam': None, 'lion': 'Lion',
}
RATES = {'sgd': 0.05, 'adadelta': 1.0}
SPELLING = {
    'learningRate': 'learning_rate', 'beta1': 'beta_1', 'beta2': 'beta_2', 'clipNorm': 'clipnorm', 'clipValue': 'clipvalue',
    'globalClipNorm': 'global_clipnorm', 'weightDecay': 'weight_decay', 'initialAccumulatorValue': 'initial_accumulator_value',
    'initialLearningRate': 'initial_learning_rate', 'decaySteps': 'decay_steps', 'decayRate': 'decay_rate',
    'endLearningRate': 'end_learning_rate', 'warmupTarget': 'warmup_target', 'warmupSteps': 'warmup_steps',
    'firstDecaySteps': 'first_decay_steps', 'tMul': 't_mul', 'mMul': 'm_mul',
}
SCHEDULE = {'name': 'exponentialDecay', 'decaySteps': 5, 'decayRate': 0.5}
KEPT = (1, 2, 5, 10, 20)


def spelt(options):
    return {SPELLING.get(k, k): v for k, v in options.items()}


def variants(name):
    rate = {'learningRate': RATES.get(name, 0.01)}
    schedule = {'learningRate': {**SCHEDULE, 'initialLearningRate': rate['learningRate']}}
    yield rate
    yield {**rate, 'clipNorm': 0.7}
    yield {**rate, 'clipValue': 0.4}
    yield {**rate, 'globalClipNorm': 0.9}
    yield {**rate, 'weightDecay': 0.1, 'exclude': ['bias']}
    yield schedule
    yield {**schedule, 'globalClipNorm': 0.9, 'weightDecay': 0.1}


OWN = {
    'sgd': [{'momentum': 0.9}, {'momentum': 0.9, 'nesterov': True, 'weightDecay': 0.1}],
    'rmsprop': [{'rho': 0.8, 'momentum': 0.5, 'centered': True, 'clipNorm': 0.7}],
    'adam': [{'beta1': 0.8, 'beta2': 0.99, 'epsilon': 1e-3}],
    'adamw': [{}, {'amsgrad': True}],
    'adagrad': [{'initialAccumulatorValue': 0, 'epsilon': 1e-3}],
    'adadelta': [{'rho': 0.8, 'epsilon': 1e-4}],
    'adamax': [{'beta1': 0.8, 'beta2': 0.9}],
    'nadam': [{'beta1': 0.8, 'beta2': 0.9}],
    'radam': [{'beta1': 0.8, 'beta2': 0.9}],
    'lion': [{'beta1': 0.5, 'beta2': 0.7}],
}


class Rule:
    """One parameter's update in float64, in Keras' formulas or, where it has none, in those of the paper."""

    def __init__(self, name, o):
        self.name, self.o, self.t, self.product = name, o, 0, 1.0
        self.m = self.v = self.mean = self.largest = 0.0
        self.a = o.get('initialAccumulatorValue', 0.1)

    def rate(self):
        rate = self.o['learningRate']
        if not isinstance(rate, dict):
            return rate
        return rate['initialLearningRate'] * rate['decayRate'] ** (self.t / rate['decaySteps'])

    def step(self, w, g, decays):
        o, name, rate = self.o, self.name, self.rate()
        if decays:
            w = w - w * o.get('weightDecay', 0.004 if name == 'adamw' else 0) * rate
        t = self.t = self.t + 1
        epsilon = o.get('epsilon', 1e-7)
        if name == 'sgd':
            mu = o.get('momentum', 0)
            self.v = mu * self.v - rate * g
            return w + (mu * self.v - rate * g if o.get('nesterov') else self.v)
        if name == 'rmsprop':
            rho = o.get('rho', 0.9)
            self.v = rho * self.v + (1 - rho) * g * g
            if o.get('centered'):
                self.mean = rho * self.mean + (1 - rho) * g
            self.m = o.get('momentum', 0) * self.m + rate * g / np.sqrt(self.v - self.mean ** 2 + epsilon)
            return w - self.m
        if name == 'adagrad':
            self.a = self.a + g * g
            return w - rate * g / np.sqrt(self.a + epsilon)
        if name == 'adadelta':
            rho = o.get('rho', 0.95)
            self.v = rho * self.v + (1 - rho) * g * g
            delta = np.sqrt(self.m + epsilon) * g / np.sqrt(self.v + epsilon)
            self.m = rho * self.m + (1 - rho) * delta ** 2
            return w - rate * delta
        b1, b2 = o.get('beta1', 0.9), o.get('beta2', 0.99 if name == 'lion' else 0.999)
        if name == 'lion':
            w = w - rate * np.sign(b1 * self.m + (1 - b1) * g)
            self.m = b2 * self.m + (1 - b2) * g
            return w
        self.m = self.m + (1 - b1) * (g - self.m)
        if name == 'adamax':
            self.v = np.maximum(b2 * self.v, abs(g))
            return w - rate / (1 - b1 ** t) * self.m / (self.v + epsilon)
        self.v = self.v + (1 - b2) * (g * g - self.v)
        if name == 'nadam':
            u, after = (b1 * (1 - 0.5 * 0.96 ** k) for k in (t, t + 1))
            self.product *= u
            m = after * self.m / (1 - self.product * after) + (1 - u) * g / (1 - self.product)
            return w - rate * m / (np.sqrt(self.v / (1 - b2 ** t)) + epsilon)
        if name == 'radam':
            most = 2 / (1 - b2) - 1
            length = most - 2 * t * b2 ** t / (1 - b2 ** t)
            m = rate * self.m / (1 - b1 ** t)
            if length <= 5:
                return w - m
            r = math.sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length))
            return w - m * r * math.sqrt(1 - b2 ** t) / (np.sqrt(self.v) + epsilon)
        self.largest = np.maximum(self.largest, self.v)
        v = self.largest if o.get('amsgrad') else self.v
        return w - rate * math.sqrt(1 - b2 ** t) / (1 - b1 ** t) * self.m / (np.sqrt(v) + epsilon)


def clipped(gradients, o):
    norm = lambda values: math.sqrt(sum((v * v).sum() for v in values))
    if 'clipNorm' in o:
        return [g * o['clipNorm'] / max(norm([g]), o['clipNorm']) for g in gradients]
    if 'clipValue' in o:
        return [np.clip(g, -o['clipValue'], o['clipValue']) for g in gradients]
    if 'globalClipNorm' in o:
        return [g * o['globalClipNorm'] / max(norm(gradients), o['globalClipNorm']) for g in gradients]
    return gradients


def formula(name, options, start, gradients):
    weights = [w.astype(np.float64) for w in start]
    rules = [Rule(name, options) for _ in weights]
    for step in gradients:
        step = clipped([g.astype(np.float64) for g in step], options)
        decays = [True, 'exclude' not in options]
        weights = [r.step(w, g, d) for r, w, g, d in zip(rules, weights, step, decays)]
        yield weights


def by_keras(name, options, start, gradients):
    options = dict(options)
    exclude = options.pop('exclude', None)
    if isinstance(options['learningRate'], dict):
        own = {k: v for k, v in options['learningRate'].items() if k != 'name'}
        options['learningRate'] = keras.optimizers.schedules.ExponentialDecay(**spelt(own))
    optimizer = getattr(keras.optimizers, NAMES[name])(**spelt(options))
    if exclude:
        optimizer.exclude_from_weight_decay(var_names=exclude)
    weights = [keras.Variable(w, name=n) for w, n in zip(start, ('kernel', 'bias'))]
    for step in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in step], weights)
        yield [keras.ops.convert_to_numpy(w) for w in weights]


def kept(trajectory):
    return [[number(v) for w in weights for v in w.ravel()] for t, weights in enumerate(trajectory, 1) if t in KEPT]


def runs():
    draws = Draws('optim')
    start = [draws.normal(3, 4), draws.normal(4)]
    gradients = [[draws.normal(*w.shape, scale=0.1 + k % 3) for w in start] for k in range(20)]
    found = []
    for name in NAMES:
        for options in [*variants(name), *({'learningRate': RATES.get(name, 0.01), **o} for o in OWN.get(name, []))]:
            steps = kept(formula(name, options, start, gradients))
            theirs = None if NAMES[name] is None else kept(by_keras(name, options, start, gradients))
            found.append({'name': name, 'options': options, 'steps': steps, 'keras': theirs})
    return {'start': [array(w) for w in start], 'gradients': [[array(g) for g in s] for s in gradients], 'kept': KEPT, 'runs': found}


SCHEDULES = [
    ('exponentialDecay', 'ExponentialDecay', {'initialLearningRate': 0.1, 'decaySteps': 30, 'decayRate': 0.5}),
    ('exponentialDecay', 'ExponentialDecay', {'initialLearningRate': 0.1, 'decaySteps': 30, 'decayRate': 0.5, 'staircase': True}),
    ('inverseTimeDecay', 'InverseTimeDecay', {'initialLearningRate': 0.1, 'decaySteps': 30, 'decayRate': 0.5}),
    ('inverseTimeDecay', 'InverseTimeDecay', {'initialLearningRate': 0.1, 'decaySteps': 30, 'decayRate': 0.5, 'staircase': True}),
    ('piecewiseConstant', 'PiecewiseConstantDecay', {'boundaries': [10, 60, 61], 'values': [0.1, 0.05, 0.2, 0.001]}),
    ('polynomialDecay', 'PolynomialDecay', {'initialLearningRate': 0.1, 'decaySteps': 60}),
    ('polynomialDecay', 'PolynomialDecay', {'initialLearningRate': 0.1, 'decaySteps': 40, 'endLearningRate': 0.01, 'power': 2.0, 'cycle': True}),
    ('cosineDecay', 'CosineDecay', {'initialLearningRate': 0.1, 'decaySteps': 70, 'alpha': 0.1}),
    ('cosineDecay', 'CosineDecay', {'initialLearningRate': 0.01, 'decaySteps': 60, 'warmupTarget': 0.1, 'warmupSteps': 20}),
    ('cosineDecayRestarts', 'CosineDecayRestarts', {'initialLearningRate': 0.1, 'firstDecaySteps': 20.5, 'tMul': 1.0, 'mMul': 0.5}),
    ('cosineDecayRestarts', 'CosineDecayRestarts', {'initialLearningRate': 0.1, 'firstDecaySteps': 20.5, 'mMul': 0.5, 'alpha': 0.1}),
]


def schedules():
    found = []
    for name, theirs, options in SCHEDULES:
        schedule = getattr(keras.optimizers.schedules, theirs)(**spelt(options))
        found.append({'name': name, 'options': options, 'rates': [number(schedule(float(t))) for t in range(100)]})
    return found


if __name__ == '__main__':
    write('optim', {**runs(), 'schedules': schedules()}, keras=keras.__version__, backend=keras.backend.backend())
