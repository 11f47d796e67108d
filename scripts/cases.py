"""Shared by the scripts golden*.py: random inputs, numbers as files hold them, files of cases."""

import hashlib
import json
import math
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / 'test' / 'golden'


class Draws:
    """Random inputs of one case. Their seed is a hash of the words that tell the case from all others: a case that is added, moved or
    taken away changes no other."""

    taken = set()

    def __init__(self, *words):
        text = json.dumps(words)
        assert text not in self.taken, f'two cases are called {text}; they would draw the same numbers'
        self.taken.add(text)
        seed = hashlib.sha256(text.encode()).digest()
        self.rng = np.random.default_rng(int.from_bytes(seed[:8], 'little'))

    def normal(self, *shape, scale=1.0, shift=0.0):
        """Numbers with three decimals, none nearer to zero than 0.05, where most kinks are."""
        x = np.round(self.rng.normal(size=shape) * scale + shift, 3)
        return np.where(np.abs(x) < 0.05, 0.25, x).astype(np.float32)

    def positive(self, *shape):
        return np.round(self.rng.uniform(0.3, 3, size=shape), 3).astype(np.float32)

    def uniform(self, *shape, low=-1.0, high=1.0):
        return np.round(self.rng.uniform(low, high, size=shape), 3).astype(np.float32)

    def spread(self, *shape):
        """Numbers that are at least 0.15 apart, for what depends on their order."""
        n = math.prod(shape)
        return np.round((self.rng.permutation(n) - n / 2) * 0.15 + 0.07, 3).astype(np.float32).reshape(shape)

    def labels(self, classes, *shape):
        return self.rng.integers(0, classes, size=shape).astype(np.int32)

    def zero_one(self, *shape):
        return self.rng.integers(0, 2, shape).astype(np.float32)

    def distribution(self, *shape):
        p = self.rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
        return np.round(np.clip(p, 0.02, 0.98), 3).astype(np.float32)

    def one_hot(self, n, classes):
        return np.eye(classes, dtype=np.float32)[self.rng.integers(0, classes, n)]


def number(v):
    """A float32 number to eight significant digits. JSON has no NaN and no infinities: they are strings."""
    if isinstance(v, (bool, np.bool_)):
        return bool(v)
    if isinstance(v, (int, np.integer)):
        return int(v)
    with np.errstate(over='ignore'):
        f = np.float32(v)
    if math.isnan(f):
        return 'NaN'
    if math.isinf(f):
        return 'Infinity' if f > 0 else '-Infinity'
    short = float(f'{float(v):.8g}')
    return int(short) if short == int(short) and abs(short) < 1e15 and math.copysign(1, short) > 0 else short


def array(a):
    a = np.asarray(a)
    dtype = {'f': 'float32', 'i': 'int32', 'u': 'uint8', 'b': 'bool'}[a.dtype.kind]
    return {'dtype': dtype, 'shape': list(a.shape), 'data': [number(v) for v in a.ravel()]}


def write(name, content, **versions):
    """Writes test/golden/<name>.jsonl. A line is a part of the content; parts are put together again member by member, and a list goes
    on from line to line. So each case, which is an item of a list, has a line of its own."""
    content = {'versions': {'numpy': np.__version__, **versions}, **content}
    lines = [json.dumps(part, ensure_ascii=False, separators=(',', ':')) for part in parts(content)]
    (FOLDER / f'{name}.jsonl').write_text('\n'.join(lines) + '\n')
    print(f'{name}.jsonl {len(lines)} lines')


def parts(content):
    """A part for each item of a list, and of each list in a record of lists."""
    for key, value in content.items():
        if isinstance(value, dict) and value and all(isinstance(v, list) for v in value.values()):
            yield from ({key: part} for part in parts(value))
        elif isinstance(value, list) and isinstance(value[0], (dict, list)):
            yield from ({key: [item]} for item in value)
        else:
            yield {key: value}
