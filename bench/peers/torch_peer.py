"""PyTorch on the cases of bench/cases: torch_peer.py CASE [--quick]; prints rows as JSON lines."""

import json
import os
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from mlp_start import mlp_start

THREADS = int(os.environ["THREADS"])
QUICK = "--quick" in sys.argv
torch.set_num_threads(THREADS)
torch.manual_seed(1)


def row(case, us, **more):
    print(json.dumps({"case": case, "us": us, "threads": THREADS, **more}), flush=True)


def fastest(f):
    """Microseconds: the least of several repetitions, each of at least 3 ms."""
    for _ in range(3):
        f()
    start = time.perf_counter()
    f()
    calls = max(1, int(3e-3 / max(time.perf_counter() - start, 1e-7)))
    best = float("inf")
    for _ in range(5 if QUICK else 25):
        start = time.perf_counter()
        for _ in range(calls):
            f()
        best = min(best, (time.perf_counter() - start) / calls)
    return best * 1e6


def gemm():
    shapes = [(32, 512, 784, ""), (784, 512, 32, "a"), (32, 784, 512, "b"), (32, 10, 512, ""), (1, 512, 784, ""),
              (128, 512, 512, ""), (256, 256, 256, ""), (512, 512, 512, ""), (1024, 1024, 1024, "")]
    if not QUICK:
        shapes += [(2048, 2048, 2048, ""), (10000, 512, 784, "")]
    for m, n, k, transposed in shapes:
        a = torch.randn(k, m).T if transposed == "a" else torch.randn(m, k)
        b = torch.randn(n, k).T if transposed == "b" else torch.randn(k, n)
        c = torch.empty(m, n)
        us = fastest(lambda: torch.mm(a, b, out=c))
        row(f"gemm {m}x{n}x{k}", us, gflops=2e-3 * m * n * k / us)


def ops():
    x = torch.rand(1000, 1000) * 8 - 4
    functions = dict(relu=torch.relu, exp=torch.exp, sigmoid=torch.sigmoid, tanh=torch.tanh, elu=F.elu, selu=F.selu,
                     gelu=F.gelu, softmax=lambda t: torch.softmax(t, 1))
    for name, f in functions.items():
        us = fastest(lambda: f(x))
        row(f"ops {name} 1000x1000", us, GBs=8e3 / us)
    layer = nn.BatchNorm1d(512, eps=1e-3)
    x, gradient = torch.randn(32, 512, requires_grad=True), torch.randn(32, 512)
    row("ops batchNormalization forward+backward 32x512", fastest(lambda: layer(x).backward(gradient)))


def eager():
    x, y = torch.randn(16), torch.randn(16)
    row("eager add 16", fastest(lambda: x + y))
    x = torch.randn(16, requires_grad=True)

    def step():
        (x * y).relu().sum().backward()
        x.grad = None

    row("eager mul-relu-sum-backward 16", fastest(step))


def mlp():
    x, y, order, w1, w2 = mlp_start()
    x, y, order = torch.from_numpy(x), torch.from_numpy(y.astype("i8")), torch.from_numpy(order.astype("i8"))
    for batch in 32, 256:
        steps = 100 if QUICK else 60000 // batch
        model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.BatchNorm1d(512, eps=1e-3, momentum=0.01),
                              nn.Linear(512, 10))
        with torch.no_grad():
            for layer, weight in (model[0], w1), (model[3], w2):
                layer.weight.copy_(torch.from_numpy(weight.T.copy()))
                layer.bias.zero_()
        optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-4, alpha=0.9, eps=1e-7, foreach=True)
        best, loss = float("inf"), None
        for _ in range(3):
            total = torch.zeros(())
            start = time.perf_counter()
            for step in range(steps):
                chosen = order[step * batch:(step + 1) * batch]
                optimizer.zero_grad()
                value = F.cross_entropy(model(x[chosen]), y[chosen])
                value.backward()
                optimizer.step()
                total += value.detach()
            best = min(best, time.perf_counter() - start)
            loss = loss if loss is not None else total.item() / steps
        row(f"mlp b{batch}", best / steps * 1e6, loss=loss)


def infer():
    def read(name):
        return torch.from_numpy(np.fromfile(os.path.join(os.environ["START"], name), "f4"))

    sizes, weights = [784, 300, 100, 10], read("weights.f32")
    blocks = []
    with torch.no_grad():
        for fan_in, fan_out in zip(sizes, sizes[1:]):
            norm, dense = nn.BatchNorm1d(fan_in, eps=1e-3), nn.Linear(fan_in, fan_out)
            for target in norm.weight, norm.bias, norm.running_mean, norm.running_var:
                target.copy_(weights[:fan_in])
                weights = weights[fan_in:]
            dense.weight.copy_(weights[:fan_in * fan_out].reshape(fan_in, fan_out).T)
            dense.bias.copy_(weights[fan_in * fan_out:][:fan_out])
            weights = weights[fan_in * fan_out + fan_out:]
            blocks += [norm, dense, nn.Softmax(1) if fan_out == 10 else nn.ELU()]
    model = nn.Sequential(*blocks).eval()
    with torch.inference_mode():
        for batch in 1, 32, 1024, 10000:
            x = read("x.f32").reshape(-1, 784)[:batch]
            row(f"infer b{batch}", fastest(lambda: model(x)), first=model(x)[0].tolist())


{"gemm": gemm, "ops": ops, "eager": eager, "mlp": mlp, "infer": infer}[sys.argv[1]]()
