"""A drawn map: each issue's place, its cluster, and what it can be coloured by, as the bytes that a browser reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.embedder import Vectors

NO_CLUSTER = 0xFFFF
UNSTATED = 0xFF
VALUES = 6  # of a fact that have a colour of their own; the others share one
OTHER = "other"
_NUMBERS, _PLACES, _CLUSTERS = np.dtype("<u4"), np.dtype("<f4"), np.dtype("<u2")
_HEAD_BYTES = _NUMBERS.itemsize + 2 * _PLACES.itemsize + _CLUSTERS.itemsize


@dataclass(frozen=True, slots=True)
class Channel:
    """What issues can be coloured by: `codes`, shape (issues,), are places in `values`, or UNSTATED."""

    name: str
    values: tuple[str, ...]
    codes: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class IssueMap:
    """Issues in ascending order of number: `numbers` (n,), `places` (n, 2), `cluster` (n,) places in `clusters`."""

    numbers: NDArray[np.uint32]
    places: Vectors
    clusters: tuple[str, ...]
    cluster: NDArray[np.uint16]
    channels: tuple[Channel, ...] = ()

    def header(self) -> dict[str, Any]:
        """What the bytes do not say of themselves, JSON-able."""
        named = [{"name": one.name, "values": list(one.values)} for one in self.channels]
        return {"issues": len(self.numbers), "clusters": list(self.clusters), "channels": named}

    def to_bytes(self) -> bytes:
        """Little-endian columns, one after the other: number (uint32), x, y (float32), cluster (uint16; NO_CLUSTER: in
        none), then one byte for each channel (UNSTATED: not said)."""
        columns: list[NDArray[Any]] = [
            self.numbers.astype(_NUMBERS),
            self.places[:, 0].astype(_PLACES),
            self.places[:, 1].astype(_PLACES),
            self.cluster.astype(_CLUSTERS),
            *(one.codes.astype(np.uint8) for one in self.channels),
        ]
        return b"".join(column.tobytes() for column in columns)


def from_bytes(header: Mapping[str, Any], data: bytes) -> IssueMap:
    """What `header` and `to_bytes` wrote; raises ValueError where they do not belong together."""
    count, channels = int(header["issues"]), header["channels"]
    if len(data) != count * (_HEAD_BYTES + len(channels)):
        raise ValueError(f"{len(data)} bytes are not a map of {count} issues with {len(channels)} channels")
    numbers = np.frombuffer(data, _NUMBERS, count)
    across = np.frombuffer(data, _PLACES, count, 4 * count)
    along = np.frombuffer(data, _PLACES, count, 8 * count)
    cluster = np.frombuffer(data, _CLUSTERS, count, 12 * count)
    codes = [np.frombuffer(data, np.uint8, count, (_HEAD_BYTES + at) * count) for at in range(len(channels))]
    read = [Channel(one["name"], tuple(one["values"]), code) for one, code in zip(channels, codes, strict=True)]
    return IssueMap(numbers, np.stack([across, along], axis=1), tuple(header["clusters"]), cluster, tuple(read))


def channel(name: str, stated: Sequence[frozenset[str]]) -> Channel | None:
    """The colouring by what each issue states, of several values the most frequent one; None where none does."""
    counts = Counter(value for values in stated for value in values)
    frequent = [value for value, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    if not frequent:
        return None
    shown = frequent if len(frequent) <= VALUES + 1 else [*frequent[:VALUES], OTHER]
    place = {value: min(at, len(shown) - 1) for at, value in enumerate(frequent)}
    codes = [min((place[value] for value in values), default=UNSTATED) for values in stated]
    return Channel(name, tuple(shown), np.array(codes, dtype=np.uint8))


def clusters_of(
    numbers: Sequence[int], clusters: Mapping[str, Sequence[int]]
) -> tuple[tuple[str, ...], NDArray[np.uint16]]:
    """The ids of the clusters that hold any of the issues, the largest first, and the place of each issue's there."""
    held = set(numbers)
    sizes = {name: sum(number in held for number in members) for name, members in clusters.items()}
    ids = sorted((name for name, size in sizes.items() if size), key=lambda name: (-sizes[name], name))[:NO_CLUSTER]
    home = {number: at for at, name in enumerate(ids) for number in clusters[name]}
    return tuple(ids), np.array([home.get(number, NO_CLUSTER) for number in numbers], dtype=np.uint16)
