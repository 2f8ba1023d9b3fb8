"""Products of matrices that are the same on every machine, whatever its cores and threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]


def product(left: Floats, right: Floats) -> NDArray[np.float64]:
    """Return the product of a matrix and a matrix or vector, summed row by row in a fixed order.

    ``left @ right`` cuts large matrices among the threads of the linear algebra library, so that its last
    digits depend on how many there are. These sums do not; they are slower, which does not show on the few
    hundred rows of a survey.

    Parameters
    ----------
    left : array of float, shape (n, k)
        Matrix.
    right : array of float, shape (k,) or (k, m)
        Vector or matrix.

    Returns
    -------
    array of float, shape (n,) or (n, m)
        ``left @ right``.

    Examples
    --------
    >>> product(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 0.5])).tolist()
    [2.0, 5.0]
    >>> product(np.eye(2), np.array([[1.0], [2.0]])).tolist()
    [[1.0], [2.0]]
    """
    return np.asarray(np.einsum("ij,j...->i...", left, right), dtype=np.float64)
