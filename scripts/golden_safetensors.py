"""A safetensors file of every dtype that is read, as PyTorch writes it, with the values that it holds: test/golden/python.safetensors, .json."""
import json
import math
import sys
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file

golden = Path(__file__).parent.parent / "test" / "golden"
floats = [0.0, -0.0, 1.0, -2.5, 65504.0, 6.103515625e-05, 5.960464477539063e-08, 3.0517578125e-05, math.inf, -math.inf, math.nan]
tensors = {
    "half": torch.tensor(floats, dtype=torch.float16),
    "bfloat": torch.tensor([*floats, 3.0e38, 1.0e-38], dtype=torch.bfloat16),
    "double": torch.tensor([0.1, -1e300, 1e-300, math.pi], dtype=torch.float64),
    "single": torch.tensor([[0.1, -0.0], [1e-45, 3.4e38]], dtype=torch.float32),
    "long": torch.tensor([2**31 - 1, -(2**31), 0], dtype=torch.int64),
    "int": torch.tensor(-7, dtype=torch.int32),
    "short": torch.tensor([-32768, 32767], dtype=torch.int16),
    "char": torch.tensor([-128, 127], dtype=torch.int8),
    "byte": torch.tensor([0, 255], dtype=torch.uint8),
    "mask": torch.tensor([True, False, True]),
    "empty": torch.zeros([0, 3]),
    "layer.0.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
}
save_file(tensors, golden / "python.safetensors", metadata={"format": "pt", "said": "ünd"})


def value(x):
    return x if math.isfinite(x) else str(x)


values = {
    name: {"shape": list(t.shape), "values": [value(float(x)) for x in t.flatten().to(torch.float64).tolist()]}
    for name, t in tensors.items()
}
versions = {"python": sys.version.split()[0], "torch": torch.__version__, "safetensors": safetensors.__version__}
(golden / "python-safetensors.json").write_text(json.dumps({"versions": versions, "tensors": values}, indent=1) + "\n")
