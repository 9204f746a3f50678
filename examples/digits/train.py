#!/usr/bin/env python3
"""Trains the example network and writes everything in this folder. Not needed to use the example.

    pip install torch scikit-learn onnx pillow numpy
    python3 train.py

Data: scikit-learn's 8x8 handwritten digits (1,797 images, values 0..16). 360 are held back for testing, 48 of the others
become PNG files for calibration. Pixels are stored as 15 * value, so the network's input is pixel / 240.
"""
import pathlib

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

HERE = pathlib.Path(__file__).parent
torch.manual_seed(1684)
np.random.seed(1684)


def block(channels_in, channels_out, stride=1):
    """Depthwise-separable convolution with batch normalisation, as mobile networks use it."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_in, 3, stride, 1, groups=channels_in, bias=False), nn.BatchNorm2d(channels_in), nn.ReLU(),
        nn.Conv2d(channels_in, channels_out, 1, bias=False), nn.BatchNorm2d(channels_out), nn.ReLU())


class Digits(nn.Module):
    """8x8 gray image to 10 scores: a stem, a residual stage, two separable stages, pooling, a classifier."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 24, 3, 1, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU())
        self.residual = nn.Sequential(nn.Conv2d(24, 24, 3, 1, 1, bias=False), nn.BatchNorm2d(24))
        self.stage1 = block(24, 48)
        self.pool = nn.MaxPool2d(2)
        self.stage2 = block(48, 64)
        self.classifier = nn.Linear(64, 10)

    def forward(self, image):
        x = self.stem(image)
        x = torch.relu(x + self.residual(x))
        x = self.stage2(self.pool(self.stage1(x)))
        return self.classifier(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))


data = load_digits()
images = data.images.astype(np.float32)[:, None] * np.float32(15) / np.float32(240)
train_x, test_x, train_y, test_y = train_test_split(images, data.target, test_size=360, stratify=data.target, random_state=1684)
net = Digits()
optimiser = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-2)
epochs = 60
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
x, y = torch.from_numpy(train_x), torch.from_numpy(train_y)
for epoch in range(epochs):
    net.train()
    for batch in torch.randperm(len(x)).split(64):
        shift = tuple(int(v) for v in np.random.randint(-1, 2, 2))
        loss = nn.functional.cross_entropy(net(torch.roll(x[batch], shift, (2, 3))), y[batch], label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    schedule.step()
net.eval()
with torch.no_grad():
    correct = int((net(torch.from_numpy(test_x)).argmax(1).numpy() == test_y).sum())
print(f"top-1 on the held-back images: {correct} of {len(test_y)} = {100 * correct / len(test_y):.2f} %")

torch.onnx.export(net, torch.zeros(1, 1, 8, 8), str(HERE / "digits.onnx"), input_names=["image"], output_names=["scores"], opset_version=13)
np.savez_compressed(HERE / "digits_test.npz", image=test_x, label=test_y.astype(np.int64))
folder = HERE / "calibration"
folder.mkdir(exist_ok=True)
for index in range(48):
    pixels = np.rint(train_x[index, 0] * 240).astype(np.uint8)
    Image.fromarray(pixels).save(folder / f"digit_{index:02}.png")
