"""A CRM for firms that keep their clients in a spreadsheet: reads it, checks it, writes tabs of its own beside it."""

__version__ = "0.1.0"
