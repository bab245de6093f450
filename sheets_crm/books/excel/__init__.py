"""Excel workbooks: read as grids, and our tabs grafted into them without touching anything else."""
