"""Labelling rows: a file of labels, what is asked next, and a page for people."""

from .answers import Answer, Answers
from .beliefs import Beliefs, Known, believe
from .cards import Cards
from .journal import Journal
from .queue import Ask, Queue
from .session import Session

__all__ = [
    "Answer",
    "Answers",
    "Ask",
    "Beliefs",
    "Cards",
    "Journal",
    "Known",
    "Queue",
    "Session",
    "believe",
]
