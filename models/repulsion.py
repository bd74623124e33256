"""How strongly points of a plane push each other away, under the kernel of t-SNE, in time linear in their number.

As Linderman, Rachh, Hoskins, Steinerberger, Kluger: Fast interpolation-based t-SNE (2019), with the points' mass spread
over the four nearest nodes of a grid and the kernels applied to the grid by Fourier transforms.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft  # type: ignore[import-untyped] # it ships no types

Points = NDArray[np.float32]
Spectra = tuple[NDArray[np.complex64], ...]

SIDES = (64, 128, 256, 512)  # nodes along one side of the grid
FINE = 0.3  # distance between nodes that is fine enough, beside a kernel of width 1
EXACT = 100  # points up to which every pair is looked at: few points fly far apart, and need a large grid
KEPT = 8  # spectra of kernels that are kept, for the grid's step changes slowly


class Repulsion:
    """Computes forces; keeps the kernels' spectra between calls."""

    def __init__(self) -> None:
        self._spectra: dict[tuple[int, float], Spectra] = {}

    def forces(self, points: Points) -> tuple[Points, float]:
        """For each point i of `points`, shape (n, 2): Σ_j (y_i − y_j) / (1 + d²)², and Z = Σ_{i ≠ j} 1 / (1 + d²)."""
        if len(points) <= EXACT:
            return _exact(points)
        low = points.min(axis=0)
        span = float((points.max(axis=0) - low).max())
        side, step = _grid(span)
        place = (points - low) / np.float32(step)
        node = np.minimum(place.astype(np.int64), side - 2)
        shares = _shares(place - node)
        flat = node[:, 0] * side + node[:, 1]
        corners = [(flat + offset, share) for offset, share in zip((0, 1, side, side + 1), shares, strict=True)]
        mass = sum(np.bincount(at, share, side * side) for at, share in corners)
        near, across, along = self._convolved(np.asarray(mass, dtype=np.float32).reshape(side, side), side, step)
        force = np.stack([_at(across, corners), _at(along, corners)], axis=1)
        total = float(_at(near, corners).sum(dtype=np.float64)) - _own(shares, step)
        return force, max(total, 1e-9)

    def _convolved(self, mass: Points, side: int, step: float) -> list[Points]:
        spectrum = fft.rfft2(mass, s=(2 * side, 2 * side))
        fields = (fft.irfft2(spectrum * kernel, s=(2 * side, 2 * side)) for kernel in self._kernels(side, step))
        return [np.ascontiguousarray(field[:side, :side]).ravel() for field in fields]

    def _kernels(self, side: int, step: float) -> Spectra:
        known = self._spectra.get((side, step))
        if known is None:
            offsets = (fft.fftfreq(2 * side, 1 / (2 * side)) * step).astype(np.float32)
            across, along = offsets[:, None], offsets[None, :]
            near = 1 / (1 + across**2 + along**2)
            known = tuple(fft.rfft2(kernel) for kernel in (near, across * near**2, along * near**2))
            if len(self._spectra) >= KEPT:
                self._spectra.pop(next(iter(self._spectra)))
            self._spectra[side, step] = known
        return known


def _exact(points: Points) -> tuple[Points, float]:
    apart = points[:, None] - points[None]
    near = 1 / (1 + (apart**2).sum(axis=2))
    force: Points = (apart * (near**2)[..., None]).sum(axis=1)
    return force, max(float(near.sum(dtype=np.float64)) - len(points), 1e-9)


def _grid(span: float) -> tuple[int, float]:
    """Nodes along a side, and the distance between them: one of few values, so that kernels can be used again."""
    side = next((one for one in SIDES if span <= FINE * (one - 2)), SIDES[-1])
    least = max(span, 1e-6) / (side - 2)
    return side, float(2 ** (math.ceil(4 * math.log2(least)) / 4))


def _shares(within: Points) -> tuple[Points, ...]:
    """What each of a cell's four nodes takes of a point: (0,0), (0,1), (1,0), (1,1)."""
    right, up = within[:, 0], within[:, 1]
    return (1 - right) * (1 - up), (1 - right) * up, right * (1 - up), right * up


def _own(shares: tuple[Points, ...], step: float) -> float:
    """What the points' mass, spread over four nodes each, is near to itself."""
    low, left, right, high = (share.astype(np.float64) for share in shares)
    beside = (low + high) @ (left + right) / (1 + step**2)
    across = (low @ high + left @ right) / (1 + 2 * step**2)
    return float(sum(share @ share for share in (low, left, right, high)) + 2 * (beside + across))


def _at(field: Points, corners: list[tuple[NDArray[np.int64], Points]]) -> Points:
    total: Points = np.zeros(len(corners[0][0]), dtype=np.float32)
    for at, share in corners:
        total += field[at] * share
    return total
