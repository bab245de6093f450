"""Excel workbooks: read as grids, written by grafting our tabs into the file and nothing else."""

from sheets_crm.books.excel.book import ExcelBook

__all__ = ["ExcelBook"]
