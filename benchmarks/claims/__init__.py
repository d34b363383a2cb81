"""The claims of the field, measured: ``python -m benchmarks.claims [--quick|--full] [--only 3,5]
[--seeds N]``.

Each claim is an experiment over seeds; the differences between its arms are paired by seed and
judged by a rule that stands in the claim. Finished units (a claim and a seed) are kept in
``benchmarks/results/claims/``; a run that was stopped goes on where it was.
"""
