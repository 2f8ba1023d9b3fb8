"""Pack a coverage of areas into few bytes: each shared border once, on a whole-number grid.

A border that two areas share is one *arc*; an area is a list of rings, a ring a list of arcs. As both sides
draw the very same arc, no gap can open between neighbours, whatever the zoom. The page decodes the same
stream in ``web/topology.js``.

The stream is a row of LEB128 varints: number of areas, of rings, of arcs; rings per area; arcs per ring;
steps between arc references (zigzag; a reference is twice the arc's number, plus one where the ring walks it
backwards); vertices per arc; steps between vertices in x, then in y (zigzag, y downwards).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

STEP_M: Final = 10.0
"""Side of a grid cell in Web Mercator metres: 6 to 7 m on the ground in mainland France."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A packed coverage: its stream, and where the grid's upper left corner lies in EPSG:3857."""

    stream: bytes
    left: float
    top: float
    step: float = STEP_M


def pack(areas: gpd.GeoSeries) -> Packed:
    """Pack the polygons of a coverage with their shared borders stored once.

    Parameters
    ----------
    areas : GeoSeries of Polygon or MultiPolygon
        A valid coverage in any projection. An area smaller than a grid cell keeps its place, without rings.

    Returns
    -------
    Packed
        Stream in the order of ``areas``; vertices lie within :data:`STEP_M` of where they were.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> squares = gpd.GeoSeries([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)], crs=3857)
    >>> packed = pack(squares)
    >>> len(packed.stream), unpack(packed).area.tolist()
    (34, [10000.0, 10000.0])
    """
    areas = areas.to_crs(3857)
    left, _, _, top = areas.total_bounds
    xy, ring_sizes, owner = _grid_rings(areas, left, top)
    rings_per_area = np.bincount(owner, minlength=len(areas))
    ids, vertices = _vertex_ids(xy)
    closed, starts, arcs_per_ring = _cut(ids, ring_sizes)
    sizes = np.diff(np.append(starts, len(closed))) + 1
    sizes[np.cumsum(arcs_per_ring) - 1] -= 1
    references, kept, backwards = _shared(closed, starts, sizes, len(vertices))
    path = vertices[closed[_walk(starts[kept], sizes[kept], backwards[kept])]]
    steps = np.diff(path, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    numbers = [
        np.array([len(areas), len(ring_sizes), len(kept)]),
        rings_per_area,
        arcs_per_ring,
        _zigzag(np.diff(references, prepend=0)),
        sizes[kept],
        _zigzag(steps[:, 0]),
        _zigzag(steps[:, 1]),
    ]
    return Packed(varints(np.concatenate(numbers)), float(left), float(top))


def unpack(packed: Packed) -> gpd.GeoSeries:
    """Rebuild the areas of a packed coverage, in EPSG:3857 and in their order.

    An area without rings comes back empty.
    """
    import geopandas as gpd  # noqa: PLC0415 - heavy, and needed to unpack only

    numbers = _from_varints(packed.stream)
    n_areas, n_rings, n_arcs = numbers[:3]
    rings_per_area, arcs_per_ring, numbers = np.split(numbers[3:], [n_areas, n_areas + n_rings])[0:3]
    n_references = int(arcs_per_ring.sum())
    references, sizes, steps = np.split(numbers, [n_references, n_references + n_arcs])
    path = np.cumsum(_unzigzag(steps).reshape(2, -1), axis=1).T * np.array([1, -1])
    arcs = np.split(path * packed.step + np.array([packed.left, packed.top]), np.cumsum(sizes)[:-1])
    walked = [arcs[r >> 1][:: -1 if r & 1 else 1] for r in np.cumsum(_unzigzag(references))]
    ends = np.concatenate([[0], np.cumsum(arcs_per_ring)])
    rings = [shapely.linestrings(np.concatenate(walked[a:b])) for a, b in pairwise(ends)]
    owners = np.repeat(np.arange(n_areas), rings_per_area)
    grouped = shapely.multilinestrings(rings, indices=owners, out=np.full(n_areas, shapely.MultiLineString()))
    return gpd.GeoSeries(shapely.build_area(grouped), crs=3857)


def _grid_rings(
    areas: gpd.GeoSeries, left: float, top: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Snap every ring to the grid: open vertices, vertices per ring, area of each ring."""
    parts, part_owner = shapely.get_parts(areas.to_numpy(), return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    grid = np.rint((xy - [left, top]) / [STEP_M, -STEP_M]).astype(np.int64)
    same_ring = ring[1:] == ring[:-1]
    moved = np.append(True, ~same_ring | (grid[1:] != grid[:-1]).any(axis=1))
    grid, ring = grid[moved], ring[moved]
    closing = np.append(ring[1:] != ring[:-1], True)  # the last vertex closes its ring
    sizes = np.bincount(ring[~closing], minlength=len(rings))
    kept = ~closing & (sizes >= 3)[ring]  # noqa: PLR2004 - fewer corners enclose nothing
    return grid[kept], sizes[sizes >= 3], part_owner[ring_part][sizes >= 3]  # noqa: PLR2004


def _vertex_ids(xy: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each distinct vertex a number: that of each vertex met, and the vertices by number."""
    keys, ids = np.unique((xy[:, 0] << 32) + xy[:, 1], return_inverse=True)
    return ids, np.column_stack([keys >> 32, keys & 0xFFFFFFFF])


def _cut(
    ids: NDArray[np.int64], ring_sizes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Turn each ring to begin at a junction, and cut it at all of them.

    A vertex is a junction where the rings that pass through it do not all come from and go to the same two
    vertices. A ring without any is cut once, at its lowest vertex.

    Returns the closed rings one after the other, where each arc starts in them, and arcs per ring.
    """
    begin = np.cumsum(ring_sizes) - ring_sizes
    place = np.arange(len(ids)) - np.repeat(begin, ring_sizes)
    size, base = np.repeat(ring_sizes, ring_sizes), np.repeat(begin, ring_sizes)
    around = np.sort([ids[base + (place - 1) % size], ids[base + (place + 1) % size]], axis=0)
    _, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
    junction = np.zeros(len(first), dtype=bool)
    junction[inverse[(around != around[:, first[inverse]]).any(axis=0)]] = True
    cut = junction[ids]
    lonely = np.repeat(~np.logical_or.reduceat(cut, begin), ring_sizes)
    cut |= lonely & (ids == np.repeat(np.minimum.reduceat(ids, begin), ring_sizes))
    turn = np.minimum.reduceat(np.where(cut, place, len(ids)), begin)
    closed_sizes = ring_sizes + 1
    ring = np.repeat(np.arange(len(ring_sizes)), closed_sizes)
    k = np.arange(len(ring)) - np.repeat(np.cumsum(closed_sizes) - closed_sizes, closed_sizes)
    source = begin[ring] + (turn[ring] + k) % ring_sizes[ring]
    is_start = cut[source] & (k < ring_sizes[ring])
    return ids[source], np.flatnonzero(is_start), np.bincount(ring[is_start], minlength=len(ring_sizes))


def _shared(
    closed: NDArray[np.int64], starts: NDArray[np.int64], sizes: NDArray[np.int64], n_vertices: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Find the arcs that are one and the same, whichever way they are walked.

    The first edge of a path between junctions determines it; the lower of its two first edges names the arc.

    Returns the reference of each arc walked, the arcs kept (one of each), and which are walked backwards.
    """
    last = starts + sizes - 1
    forth = closed[starts] * n_vertices + closed[starts + 1]
    back = closed[last] * n_vertices + closed[last - 1]
    _, kept, number = np.unique(np.minimum(forth, back), return_index=True, return_inverse=True)
    order = np.argsort(kept)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    backwards = back < forth
    return 2 * rank[number] + backwards, kept[order], backwards


def _walk(
    starts: NDArray[np.int64], sizes: NDArray[np.int64], backwards: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Give the places of all vertices of the arcs, each arc in its own direction."""
    k = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    first = np.where(backwards, starts + sizes - 1, starts)
    places: NDArray[np.int64] = np.repeat(first, sizes) + k * np.repeat(np.where(backwards, -1, 1), sizes)
    return places


def _zigzag(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Fold signed numbers on whole numbers: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return (values << 1) ^ (values >> 63)


def _unzigzag(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return (values >> 1) ^ -(values & 1)


def varints(values: NDArray[np.int64]) -> bytes:
    """Write whole numbers in groups of seven bits, lowest first; the high bit says that more follow."""
    shifts = 7 * np.arange(max(1, -(-int(values.max(initial=0)).bit_length() // 7)))
    groups = values[:, None] >> shifts
    needed = (groups > 0) | (shifts == 0)
    more = np.append(needed[:, 1:], np.zeros((len(values), 1), dtype=bool), axis=1)
    return bytes(((groups & 0x7F) | (more << 7))[needed].astype(np.uint8).tobytes())


def _from_varints(stream: bytes) -> NDArray[np.int64]:
    octets = np.frombuffer(stream, dtype=np.uint8).astype(np.int64)
    ends = np.flatnonzero(octets < 0x80)  # noqa: PLR2004 - the high bit
    number = np.searchsorted(ends, np.arange(len(octets)))
    begins = np.append(0, ends[:-1] + 1)
    shift = 7 * (np.arange(len(octets)) - begins[number])
    values = np.zeros(len(ends), dtype=np.int64)
    np.add.at(values, number, (octets & 0x7F) << shift)
    return values
