"""Workbooks as plain grids, and the only door through which cells are written."""
