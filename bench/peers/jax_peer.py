"""JAX on the cases of bench/cases: jax_peer.py CASE [--quick]; prints rows as JSON lines."""

import json
import os
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

from mlp_start import mlp_start

THREADS = int(os.environ["THREADS"])
QUICK = "--quick" in sys.argv


def row(case, us, **more):
    print(json.dumps({"case": case, "us": us, "threads": THREADS, **more}), flush=True)


def gemm():
    shapes = [(32, 512, 784), (784, 512, 32), (32, 784, 512), (32, 10, 512), (1, 512, 784), (128, 512, 512), (256, 256, 256),
              (512, 512, 512), (1024, 1024, 1024)]
    if not QUICK:
        shapes += [(2048, 2048, 2048), (10000, 512, 784)]
    product = jax.jit(lambda a, b, dims: jax.lax.dot_general(a, b, dims), static_argnums=2)
    for m, n, k in shapes:
        # As in training: 784 x 512 x 32 is the transposed inputs by dy, 32 x 784 x 512 is dy by the transposed kernel.
        ta, tb = (m, n, k) == (784, 512, 32), (m, n, k) == (32, 784, 512)
        a = jnp.asarray(np.random.rand(*((k, m) if ta else (m, k))), jnp.float32)
        b = jnp.asarray(np.random.rand(*((n, k) if tb else (k, n))), jnp.float32)
        dims = (((0 if ta else 1,), (1 if tb else 0,)), ((), ()))
        product(a, b, dims).block_until_ready()
        best = float("inf")
        for _ in range(5 if QUICK else 25):
            calls = max(1, int(1e8 / (m * n * k)))
            start = time.perf_counter()
            for _ in range(calls):
                c = product(a, b, dims)
            c.block_until_ready()
            best = min(best, (time.perf_counter() - start) / calls)
        row(f"gemm {m}x{n}x{k}", best * 1e6, gflops=2e-9 * m * n * k / best)


def forward(p, statistics, x):
    h = jax.nn.relu(x @ p["w1"] + p["b1"])
    mean, variance = h.mean(0), h.var(0)
    statistics = {"mean": 0.99 * statistics["mean"] + 0.01 * mean,
                  "variance": 0.99 * statistics["variance"] + 0.01 * variance}
    h = (h - mean) * jax.lax.rsqrt(variance + 1e-3) * p["gamma"] + p["beta"]
    return h @ p["w2"] + p["b2"], statistics


def loss(p, statistics, x, y):
    logits, statistics = forward(p, statistics, x)
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean(), statistics


def step(p, statistics, v, x, y):
    (value, statistics), g = jax.value_and_grad(loss, has_aux=True)(p, statistics, x, y)
    v = jax.tree.map(lambda v, g: 0.9 * v + 0.1 * g * g, v, g)
    p = jax.tree.map(lambda p, g, v: p - 1e-4 * g / jnp.sqrt(v + 1e-7), p, g, v)
    return p, statistics, v, value


@jax.jit
def epoch(state, xs, ys):
    def body(state, batch):
        *state, value = step(*state, *batch)
        return tuple(state), value

    return jax.lax.scan(body, state, (xs, ys))


def mlp():
    x, y, order, w1, w2 = mlp_start()
    y = y.astype("i4")
    one = jax.jit(step, donate_argnums=(0, 1, 2))
    for batch in 32, 256:
        steps = 100 if QUICK else 60000 // batch
        for kind in "jit", "scan":
            p = {"w1": w1, "b1": np.zeros(512), "gamma": np.ones(512), "beta": np.zeros(512), "w2": w2, "b2": np.zeros(10)}
            p = {name: jnp.array(value, jnp.float32) for name, value in p.items()}
            state = p, {"mean": jnp.zeros(512), "variance": jnp.ones(512)}, jax.tree.map(jnp.zeros_like, p)
            best, first = float("inf"), None
            for _ in range(3):
                start = time.perf_counter()
                if kind == "jit":
                    values = []
                    for i in range(steps):
                        chosen = order[i * batch:(i + 1) * batch]
                        *state, value = one(*state, x[chosen], y[chosen])
                        values.append(value)
                else:
                    chosen = order[:steps * batch]
                    state, values = epoch(tuple(state), x[chosen].reshape(steps, batch, 784), y[chosen].reshape(steps, batch))
                jax.block_until_ready(state)
                best = min(best, time.perf_counter() - start)
                first = first if first is not None else float(np.mean([float(v) for v in values]))
            row(f"mlp b{batch}", best / steps * 1e6, impl=f"jax {kind}", loss=first)


{"gemm": gemm, "mlp": mlp}[sys.argv[1]]()
