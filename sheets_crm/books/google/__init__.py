"""A Google spreadsheet as a `Book`."""
