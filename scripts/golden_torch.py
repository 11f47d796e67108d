"""A network of PyTorch's as a safetensors file, an input and its outputs: test/golden/torch-model.safetensors, .json."""
import json
import sys
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file
from torch import nn

golden = Path(__file__).parent.parent / "test" / "golden"
torch.manual_seed(1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(7, 5)
        self.encoder = nn.Sequential(nn.Linear(15, 8), nn.BatchNorm1d(8), nn.PReLU(8), nn.Linear(8, 6))
        self.norm = nn.LayerNorm(6)
        self.head = nn.Linear(6, 3, bias=False)

    def forward(self, x):
        return self.head(self.norm(self.encoder(self.embed(x).flatten(1))))


net = Net()
x = torch.randint(0, 7, (16, 3))
for _ in range(3):  # moves the running statistics
    net(torch.randint(0, 7, (16, 3)))
with torch.no_grad():
    for parameter in (net.encoder[1].weight, net.encoder[1].bias, net.encoder[2].weight, net.norm.weight, net.norm.bias):
        parameter += torch.randn_like(parameter) / 4
net.eval()
state = {name: tensor.contiguous() for name, tensor in net.state_dict().items()}
save_file(state, golden / "torch-model.safetensors")
save_file(
    {name: tensor.to(torch.bfloat16) if tensor.is_floating_point() else tensor for name, tensor in state.items()},
    golden / "torch-model-bf16.safetensors",
)
versions = {"python": sys.version.split()[0], "torch": torch.__version__, "safetensors": safetensors.__version__}
with torch.no_grad():
    outputs = net(x).to(torch.float64)
golden_json = {"versions": versions, "names": sorted(state), "x": x.tolist(), "outputs": outputs.tolist()}
(golden / "torch-model.json").write_text(json.dumps(golden_json, indent=1) + "\n")
