"""Writes test/golden/metrics.jsonl: what metrics come to over batches of different sizes.

    KERAS_BACKEND=jax python scripts/golden_metrics.py      needs keras, jax and numpy

The figures are computed by numpy in float64 from the definitions, over all samples at once; where Keras has the metric they are
held to it. Inputs are float32 numbers. A case is
    metric, options, yTrue, yPred (names in `arrays`), result, and for a confusion matrix the matrix
and `sizes` are those of the batches.
"""

import keras
import numpy as np

from cases import Draws, array, number, write

SIZES = [7, 1, 12, 5]
N = sum(SIZES)
cases = []
arrays = {}


def add(metric, y_true, y_pred, result, options=None, like=None, near=2e-6, **more):
    """`like`: the Keras metric, and perhaps the targets in the form that it takes."""
    if like is not None:
        other, y = like if isinstance(like, tuple) else (like, y_true)
        begin = 0
        for size in SIZES:
            other.update_state(y[begin:begin + size], y_pred[begin:begin + size])
            begin += size
        assert abs(float(other.result()) - result) < near, (metric, options, float(other.result()), result)
    cases.append({'metric': metric, 'options': options or {}, 'yTrue': name_of(y_true), 'yPred': name_of(y_pred),
                  'result': number(result), **more})


def named(name, a):
    """An array that cases can have in common."""
    arrays[name] = a
    return a


def name_of(a):
    return next(name for name, other in arrays.items() if other is a)


def ratio(a, b):
    return a / b if b else 0.0


def kinds(hits, predicted, actual):
    return {'precision': ratio(hits, predicted), 'recall': ratio(hits, actual), 'f1': ratio(2 * hits, predicted + actual)}


def averaged(metric, average, actual, predicted):
    """actual, predicted: bool [N, classes]."""
    counts = [(np.sum(a & p), np.sum(p), np.sum(a)) for a, p in zip(actual.T, predicted.T)]
    if average == 'micro':
        return kinds(*np.sum(counts, 0))[metric]
    weights = [c[2] if average == 'weighted' else 1 for c in counts]
    return sum(w * kinds(*c)[metric] for w, c in zip(weights, counts)) / sum(weights)


def area(y, p, thresholds, curve):
    """Area under the curve, by a loop over thresholds."""
    cuts = np.array([-1e-7] + [(i + 1) / (thresholds - 1) for i in range(thresholds - 2)] + [1 + 1e-7])
    y, p = y.ravel().astype(bool), p.ravel().astype(np.float64)
    tp, fp = (np.array([np.sum((p > c) & which) for c in cuts], float) for which in (y, ~y))
    if curve == 'ROC':
        return float(np.sum((fp[:-1] - fp[1:]) / fp[0] * (tp[:-1] + tp[1:]) / 2 / tp[0]))
    total = 0.0
    for i in range(len(cuts) - 1):
        before, after = tp[i + 1] + fp[i + 1], tp[i] + fp[i]
        if after == before:
            continue
        slope = (tp[i] - tp[i + 1]) / (after - before)
        intercept = tp[i + 1] - slope * before
        total += slope * (tp[i] - tp[i + 1] + intercept * (np.log(after / before) if before > 0 else 0)) / tp[0]
    return total


def probabilities(rng, classes):
    return np.round(rng.dirichlet(np.ones(classes), N), 4).astype(np.float32)


def main():
    k = keras.metrics
    # Classes.
    for classes in (3, 8):
        rng = Draws('metrics', 'classes', classes).rng
        p = named(f'probabilities of {classes}', probabilities(rng, classes))
        labels = np.where(rng.random(N) < 0.5, p.argmax(1), rng.integers(0, classes - 1, N)).astype(np.int32)
        named(f'labels of {classes}', labels)
        hot = named(f'{classes} one-hot', np.eye(classes, dtype=np.float32)[labels])
        right = float(np.mean(p.argmax(1) == labels))
        add('sparseCategoricalAccuracy', labels, p, right, like=k.SparseCategoricalAccuracy())
        add('categoricalAccuracy', hot, p, right, like=k.CategoricalAccuracy())
        add('accuracy', labels, p, right)
        matrix = np.zeros((classes, classes), int)
        np.add.at(matrix, (labels, p.argmax(1)), 1)
        add('confusionMatrix', labels, p, right, {'classes': classes}, matrix=matrix.tolist())
        add('confusionMatrix', hot, p, right, matrix=matrix.tolist())
        for top in (1, 2, 5):
            rank = np.sum(p > p[np.arange(N), labels][:, None], 1)
            share = float(np.mean(rank < top))
            add('topKCategoricalAccuracy', labels, p, share, {'k': top}, like=k.SparseTopKCategoricalAccuracy(top))
            add('topKCategoricalAccuracy', hot, p, share, {'k': top}, like=k.TopKCategoricalAccuracy(top))
        actual, predicted = hot.astype(bool), np.eye(classes, dtype=bool)[p.argmax(1)]
        for metric in ('precision', 'recall', 'f1'):
            for average in ('macro', 'micro', 'weighted'):
                value = averaged(metric, average, actual, predicted)
                # Keras' F1 adds 1e-7 to denominators.
                like = (k.F1Score(average), hot) if metric == 'f1' else None
                add(metric, labels, p, value, {'average': average}, like=like)
                add(metric, hot, p, value, {'average': average})
            for class_id in (0, classes - 1):
                for threshold in (0.2, 0.5):
                    chosen = p[:, class_id] > threshold
                    value = kinds(np.sum(chosen & (labels == class_id)), np.sum(chosen), np.sum(labels == class_id))[metric]
                    like = {'precision': k.Precision, 'recall': k.Recall}.get(metric)
                    like = like and (like(thresholds=threshold, class_id=class_id), hot)
                    options = {'classId': class_id, 'threshold': threshold}
                    add(metric, labels, p, value, options, like=like)
                    add(metric, hot, p, value, options)

    # Yes or no.
    for columns in (None, 1, 4):
        shape = (N,) if columns is None else (N, columns)
        rng = Draws('metrics', 'yes or no', columns).rng
        y = named(f'yes or no, {columns or "no"} columns', rng.integers(0, 2, shape).astype(np.float32))
        p = np.clip(np.round(y * 0.3 + rng.random(shape) * 0.7, 3), 0, 1).astype(np.float32)
        # A tenth is a threshold, which float32 and float64 put on different sides of itself.
        p = np.where(np.isclose(p * 10, np.round(p * 10)), np.abs(p - np.float32(0.003)), p)
        named(f'shares, {columns or "no"} columns', p)
        p.flat[:4] = [0, 1, 0.5, 0.25]
        # Keras wants a column for F1.
        for threshold in (0.5, 0.3):
            chosen, actual = p > threshold, y > 0
            for metric, like in (('precision', k.Precision(threshold)), ('recall', k.Recall(threshold)), ('f1', None)):
                value = kinds(np.sum(chosen & actual), np.sum(chosen), np.sum(actual))[metric]
                add(metric, y, p, value, {'threshold': threshold}, like=like)
                if columns == 4:
                    for average in ('macro', 'micro', 'weighted'):
                        value = averaged(metric, average, actual, chosen)
                        like = k.F1Score(average, threshold) if metric == 'f1' else None
                        add(metric, y, p, value, {'threshold': threshold, 'average': average}, like=like)
            add('binaryAccuracy', y, p, float(np.mean(chosen == actual)), {'threshold': threshold})
        for curve in ('ROC', 'PR'):
            for thresholds in (200, 11, 2):
                value = area(y, p, thresholds, curve)
                add('auc', y, p, value, {'curve': curve, 'numThresholds': thresholds},
                    like=k.AUC(num_thresholds=thresholds, curve=curve), near=1e-5)
        if columns != 4:
            pairs = np.zeros((2, 2), int)
            np.add.at(pairs, (y.ravel().astype(int), (p.ravel() > 0.5).astype(int)), 1)
            add('confusionMatrix', y, p, float(np.mean((p > 0.5) == (y > 0))), matrix=pairs.tolist())

    # Numbers.
    for columns, shift in ((None, 0), (1, 50), (3, -1000)):
        shape = (N,) if columns is None else (N, columns)
        rng = Draws('metrics', 'numbers', columns, shift).rng
        y = named(f'numbers around {shift}', np.round(rng.normal(size=shape) * 2 + shift, 2).astype(np.float32))
        p = named(f'near numbers around {shift}', np.round(y + rng.normal(size=shape), 2).astype(np.float32))
        a, b = y.astype(np.float64).reshape(N, -1), p.astype(np.float64).reshape(N, -1)
        add('meanSquaredError', y, p, float(np.mean((a - b) ** 2)))
        add('meanAbsoluteError', y, p, float(np.mean(np.abs(a - b))))
        r2 = float(np.mean(1 - np.sum((a - b) ** 2, 0) / np.sum((a - a.mean(0)) ** 2, 0)))
        add('r2', y, p, r2, like=k.R2Score() if columns and shift == 50 else None, near=1e-3)
    content = {'sizes': SIZES, 'arrays': [{'name': name, **array(a)} for name, a in arrays.items()], 'cases': cases}
    write('metrics', content, keras=keras.__version__, backend=keras.backend.backend())


if __name__ == '__main__':
    main()
