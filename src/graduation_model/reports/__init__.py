"""Results in, pages that people read and sign out."""

from graduation_model.reports.inputs import ReportInputs
from graduation_model.reports.pages import Page, report_pages

__all__ = ["Page", "ReportInputs", "report_pages"]
