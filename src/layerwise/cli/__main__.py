"""Run the command as a module."""

from . import main

main()
