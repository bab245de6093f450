"""Excel workbooks: read as grids, written by grafting our tabs into the file and nothing else. The book is in `book`."""
