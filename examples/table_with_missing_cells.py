"""A table with numbers, categories and empty cells; the empty targets are the unlabelled rows."""

import numpy as np
import polars as pl

from layerwise import PretrainedClassifier, Pretrainer, load, recipes, save

rng = np.random.default_rng(0)
n = 600
age = rng.integers(18, 80, n).astype(float)
city = rng.choice(["Bern", "Oslo", "Rome"], n)
paid = (age / 80 + (city == "Rome") + rng.normal(0, 0.3, n)) > 0.9
table = pl.DataFrame(
    {"age": np.where(rng.random(n) < 0.1, np.nan, age), "city": city}
).with_columns(pl.col("age").fill_nan(None))
target = np.array(["yes" if value else "no" for value in paid], dtype=object)
target[60:500] = None  # nobody asked these people

recipe = recipes.tabular_denoising_autoencoder((64, 64), epochs=10)
pretrainer = Pretrainer(
    recipe.stack, plan=recipe.plan, preprocessing=recipe.preprocessing.make(), random_state=0
)
model = PretrainedClassifier(pretrainer, plan=recipe.finetune, unlabeled="missing", random_state=0)
model.fit(table[:500], target[:500])
print(
    f"accuracy on {n - 500} rows that it has not seen: "
    f"{model.score(table[500:], target[500:].astype(str)):.3f}"
)

folder = save(model, "table-model")
print("the same after loading:", bool((load(folder).predict(table) == model.predict(table)).all()))
