"""Which digits look least like digits? Minus the reconstruction error is a score; no label is
needed."""

import numpy as np
from sklearn.datasets import load_digits

from layerwise import Denoising, Dense, Gaussian, Joint, Pretrainer, Stack

X = load_digits().data / 16
rng = np.random.default_rng(0)
shuffled = rng.permuted(X[:50], axis=1)  # the same pixels in another order

encoder = Pretrainer(
    Stack(Dense(64), Dense(16)),
    objective=Denoising(Gaussian(0.2)),
    schedule=Joint(60),
    random_state=0,
)
encoder.fit(X[50:])
print(f"digits {encoder.score(X[:50]):.3f}, shuffled pixels {encoder.score(shuffled):.3f}")
least = encoder.score_samples(X[:50]).argsort()[:3]
print("least normal of the first fifty:", least.tolist())
