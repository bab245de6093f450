"""Whole sheets of people's own from one kind of workbook into another: values, formats, and what can't go along, counted."""
