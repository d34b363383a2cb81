"""The report: a plain dict of facts in, one self-contained HTML file and its JSON twin out.

The page names no external address, holds no script, and opens with JavaScript off. Data text is
only ever text.
"""

from __future__ import annotations

from .render import PAGE, TWIN, render, report_files, write_report
from .study import render_study, study_files

__all__ = ["PAGE", "TWIN", "render", "render_study", "report_files", "study_files", "write_report"]
