"""One reader a family of field types: prepared cells in, typed values and problems out. `parse.py` chooses among them."""
