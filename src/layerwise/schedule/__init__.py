"""What trains when: integers."""

from .schedules import Greedy, HeadOnly, Joint, Phase, Progressive, Schedule, Unfreeze

__all__ = ["Greedy", "HeadOnly", "Joint", "Phase", "Progressive", "Schedule", "Unfreeze"]
