"""The best one-to-one pairing of fields and columns (Hungarian method, in numpy).

Knows nothing of headers or values. Source: Kuhn-Munkres with potentials, O(fields^2 * columns).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def best_pairs(gains: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs (row, column) with the greatest sum of gains; pairs without a gain are left out. Any shape."""
    if not gains.size:
        return []
    if gains.shape[0] > gains.shape[1]:
        return sorted((row, column) for column, row in best_pairs(gains.T))
    owner = _assign(gains.max() - gains)
    return sorted((row, column) for column, row in enumerate(owner) if row >= 0 and gains[row, column] > 0)


def _assign(costs: npt.NDArray[np.float64]) -> list[int]:
    """For each column the row that owns it, or -1; every row owns one. rows <= columns."""
    rows, columns = costs.shape
    row_price, column_price = np.zeros(rows + 1), np.zeros(columns + 1)
    owner = np.zeros(columns + 1, dtype=np.intp)  # 1-based rows; 0 is nobody
    for row in range(1, rows + 1):
        owner[0], here = row, 0
        slack = np.full(columns + 1, np.inf)
        came_from = np.zeros(columns + 1, dtype=np.intp)
        used = np.zeros(columns + 1, dtype=bool)
        while owner[here]:
            used[here] = True
            current = int(owner[here])
            reduced = costs[current - 1] - row_price[current] - column_price[1:]
            better = ~used[1:] & (reduced < slack[1:])
            slack[1:][better] = reduced[better]
            came_from[1:][better] = here
            free = np.flatnonzero(~used[1:]) + 1
            nearest = int(free[np.argmin(slack[free])])
            step = slack[nearest]
            row_price[owner[used]] += step
            column_price[used] -= step
            slack[~used] -= step
            here = nearest
        while here:
            before = int(came_from[here])
            owner[here] = owner[before]
            here = before
    return [int(row) - 1 for row in owner[1:]]
