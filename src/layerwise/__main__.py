"""``python -m layerwise`` is the command ``layerwise``."""

from .cli.app import main

main()
