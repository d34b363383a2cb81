"""Fifty labels on digits: pretrained beside the same network from random weights."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from layerwise import PretrainedClassifier, Pretrainer, recipes

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.2, stratify=y, random_state=0
)
few, _ = train_test_split(np.arange(len(y_train)), train_size=50, stratify=y_train, random_state=0)
y_few = np.full(len(y_train), -1)
y_few[few] = y_train[few]

recipe = recipes.stacked_denoising_autoencoder(
    (200, 200, 200), epochs=20, batch_size=64, modern=True
)
pretrainer = Pretrainer(recipe.stack, plan=recipe.plan, random_state=0)
for start in ("pretrained", "random"):
    model = PretrainedClassifier(
        pretrainer, plan=recipe.finetune, start=start, unlabeled=-1, random_state=0
    )
    print(f"{start:>10}: {model.fit(X_train, y_few).score(X_test, y_test):.3f}")
