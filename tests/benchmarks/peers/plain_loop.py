"""The loop of most tutorials with PyTorch and timm: in each epoch the files go through the whole network and back."""

import time

import network as shared
import torch
from timm.models._manipulate import group_parameters
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader
from torchvision import transforms as t
from torchvision.datasets import ImageFolder

asked = shared.options(["head", "quarter", "none"])
to_tensor = [t.ToTensor(), t.Normalize([0.5] * 3, [0.5] * 3)]
still = t.Compose([t.Resize((asked.size, asked.size)), *to_tensor])
moving = t.Compose([t.RandomAffine(10, (0.06, 0.06), (0.87, 1.15)), t.ColorJitter(0.15, 0.15, 0.15), *still.transforms])
train = ImageFolder(f"{asked.data}/train", moving if asked.augment else still)
val = ImageFolder(f"{asked.data}/val", still)
model = shared.network(asked.model, len(train.classes)).to(memory_format=torch.channels_last)

head = {id(parameter) for parameter in model.get_classifier().parameters()}
depth = group_parameters(model, model.group_matcher(coarse=False), reverse=True)
free_from = {"head": float("inf"), "quarter": 0.75 * (max(depth.values()) + 1), "none": 0}[asked.freeze]
for name, parameter in model.named_parameters():
    parameter.requires_grad = id(parameter) in head or depth[name] >= free_from
optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=asked.lr)

started = time.perf_counter()
for _ in range(asked.epochs):
    model.train(asked.freeze == "none")
    for images, targets in DataLoader(train, batch_size=32, shuffle=True):
        loss = cross_entropy(model(images.to(memory_format=torch.channels_last)), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for images, targets in DataLoader(val, batch_size=32):
            right += int((model(images.to(memory_format=torch.channels_last)).argmax(1) == targets).sum())
shared.tell("plain loop", asked, time.perf_counter() - started, right / len(val))
