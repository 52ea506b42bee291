"""Distances over the globe."""

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_MILES = 3958.8

Places = NDArray[np.float64]  # [place, 2] latitude, longitude in degrees


def miles(here: Places, there: Places) -> NDArray[np.float64]:
    """Great-circle miles [here, there]."""
    a, b = np.radians(here)[:, None, :], np.radians(there)[None, :, :]
    half_north, half_east = (a[..., 0] - b[..., 0]) / 2, (a[..., 1] - b[..., 1]) / 2
    haversine = np.sin(half_north) ** 2 + np.cos(a[..., 0]) * np.cos(b[..., 0]) * np.sin(half_east) ** 2
    return EARTH_RADIUS_MILES * 2 * np.arcsin(np.sqrt(haversine))
