"""Cross-validation with unlabelled rows, inside a pipeline and a grid search."""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler

from layerwise import (
    Denoising,
    Dense,
    Joint,
    LabeledSplit,
    Masking,
    PretrainedClassifier,
    Pretrainer,
    Stack,
)

X, y = load_breast_cancer(return_X_y=True)
y_few = np.where(np.arange(len(y)) < 80, y, -1)

pretrainer = Pretrainer(
    Stack(Dense(32), Dense(16)),
    objective=Denoising(Masking(0.25)),
    schedule=Joint(10),
    random_state=0,
)
pipeline = make_pipeline(
    RobustScaler(), PretrainedClassifier(pretrainer, unlabeled=-1, random_state=0)
)
search = GridSearchCV(
    pipeline,
    {"pretrainedclassifier__pretrainer__objective__corruption__p": [0.1, 0.4]},
    cv=LabeledSplit(3),  # unlabelled rows are only ever trained on
)
search.fit(X, y_few)
print(search.best_params_, f"{search.score(X[80:], y[80:]):.3f}")
