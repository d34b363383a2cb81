"""The report: a plain dict of facts in, one self-contained HTML file and its JSON twin out.

The page names no external address, holds no script, and opens with JavaScript off. Data text is
only ever text.
"""

from __future__ import annotations

from .render import render, write_report
from .study import render_study, write_study_report

__all__ = ["render", "render_study", "write_report", "write_study_report"]
