"""Speed, as ratios within one run: ``python -m benchmarks.speed [--keras PYTHON]``.

1. The time until the 784-100-30 tied autoencoder first passes a test error of 0.0160 per pixel,
   against the same network in Keras 3, with the same output on both sides (``PYTHON`` is the
   interpreter of an environment with keras and tensorflow-cpu; ``make bench`` makes one).
2. A step of the loop against the leanest loop by hand with the same kernels, in turn.
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import os  # noqa: E402
import statistics  # noqa: E402
import subprocess  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from layerwise import (  # noqa: E402
    Denoising,
    Dense,
    Joint,
    Masking,
    Pretrainer,
    Reconstruction,
    Space,
    Stack,
    Training,
)
from layerwise._random import Keys, bernoulli  # noqa: E402
from layerwise.data import ArraySource  # noqa: E402
from layerwise.data.readers import load_dataset  # noqa: E402
from layerwise.training import Feed, as_plan, run_plan  # noqa: E402

DATA = Path(os.environ.get("LAYERWISE_DATA", Path(__file__).parents[2] / "shared" / "data"))
BATCH = 256
TARGET, MOST = 0.0160, 40  # mean squared error of a pixel; epochs


def against_keras(python, rounds):
    """Print the seconds until each first passes the target, with the same output on both sides,
    round by round, in turn."""
    data = load_dataset(str(DATA / "mnist"))
    for activation in ("sigmoid", "linear"):
        ratios = []
        for seed in range(rounds):
            own, epochs, error = _ours(data, seed, activation)
            told = f"Layerwise {own:.2f} s, {epochs} epochs, {error:.5f}"
            if python:
                theirs, their_epochs, their_error = _keras(python, seed, activation)
                ratios.append(theirs / own)
                told += f"; Keras 3 {theirs:.2f} s, {their_epochs} epochs, {their_error:.5f}"
            print(f"  {activation} output, round {seed}: {told}", flush=True)
        if ratios:
            span = f"{min(ratios):.1f} to {max(ratios):.1f}"
            times = f"{statistics.median(ratios):.1f} times faster than Keras 3 ({span})"
            print(f"1. tied 784-100-30 to {TARGET}, {activation} output: {times}", flush=True)


def _ours(data, seed, activation):
    """Return the seconds of the shortest whole fit, from bytes, that passes the target, its epochs
    and its error: a schedule has its length from the start."""
    linear = activation == "linear"
    test = torch.from_numpy(data.test.X.reshape(len(data.test.X), -1)).float() / 255
    for epochs in range(1, MOST + 1):
        began = time.perf_counter()
        X = data.X.reshape(len(data.X), -1).astype("float32") / 255 if linear else data.X
        model = Pretrainer(
            Stack(Dense(100, tied=True), Dense(30, tied=True)),
            objective=Reconstruction("mse"),
            schedule=Joint(epochs),
            training=Training(learning_rate=0.02),
            preprocessing=None if linear else "auto",
            random_state=seed,
        ).fit(X)
        seconds = time.perf_counter() - began
        with torch.no_grad():
            error = float((model.module_.reconstruct(test) - test).square().mean())
        if error <= TARGET:
            break
    return seconds, epochs, error


def _keras(python, seed, activation):
    script = str(Path(__file__).with_name("keras_tied.py"))
    given = [str(DATA / "mnist"), str(seed), activation, str(TARGET), str(MOST)]
    done = subprocess.run([python, script, *given], check=True, capture_output=True, text=True)
    seconds, epochs, error = done.stdout.split()[-3:]
    return float(seconds), int(epochs), float(error)


def overhead(rounds):
    """Print the time of our step over that of the leanest loop by hand, in turn, for a small and a
    wide net."""
    x = torch.rand(60000, 784, generator=torch.Generator().manual_seed(0))
    cases = [
        (
            "tied 784-100-30, squared error",
            Stack(Dense(100, tied=True), Dense(30, tied=True)),
            Reconstruction("mse"),
            _small,
            1,
            60000,
        ),
        (
            "784-1000 with masking, cross-entropy",
            Stack(Dense(1000)),
            Denoising(Masking(0.25)),
            _wide,
            1,
            15360,
        ),
    ]
    for name, stack, objective, by_hand, epochs, n in cases:
        rows = x[:n]
        source = ArraySource(rows, Space.of("unit", 784))
        ratios = []
        for i in range(rounds + 1):
            modules = [stack.build(source.space, Keys(0).torch("weights")) for _ in range(2)]
            plan = as_plan([(objective, Joint(epochs))])
            a = _timed(lambda m=modules[0], p=plan, s=source: run_plan(m, p, Feed(s), keys=Keys(0)))
            b = _timed(lambda m=modules[1], r=rows, e=epochs, h=by_hand: h(m, r, e))
            ratios += [a / b] if i else []
        percent = [
            100 * (ratio - 1) for ratio in (statistics.median(ratios), min(ratios), max(ratios))
        ]
        print(
            f"2. {name}: {percent[0]:+.1f} % over the loop by hand ({percent[1]:+.1f} to "
            f"{percent[2]:+.1f})",
            flush=True,
        )


def _timed(run):
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _by_hand(module, x, epochs, loss_of):
    optimiser = torch.optim.Adam(module.parameters(), lr=2e-3, fused=True)
    generator = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        for start in range(0, len(x), BATCH):
            loss = loss_of(x.index_select(0, order[start : start + BATCH]), generator)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()


def _small(module, x, epochs):
    a, b = module.stages

    def loss_of(x, generator):
        z = torch.relu(F.linear(torch.relu(F.linear(x, a.weight, a.bias)), b.weight, b.bias))
        h = torch.relu(F.linear(z, b.weight.t(), b.decoder_bias))
        return F.mse_loss(torch.sigmoid(F.linear(h, a.weight.t(), a.decoder_bias)), x)

    _by_hand(module, x, epochs, loss_of)


def _wide(module, x, epochs):
    a = module.stages[0]

    def loss_of(x, generator):
        noisy = x.masked_fill(bernoulli(x.shape, 0.25, generator), 0.0)
        return F.binary_cross_entropy_with_logits(
            F.linear(
                torch.relu(F.linear(noisy, a.weight, a.bias)), a.decoder_weight, a.decoder_bias
            ),
            x,
        )

    _by_hand(module, x, epochs, loss_of)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keras", help="Python of an environment with keras and tensorflow")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    overhead(2 * options.rounds)
    against_keras(options.keras, options.rounds)


if __name__ == "__main__":
    main()
