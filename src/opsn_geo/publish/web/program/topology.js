// Rebuilds areas from shared arcs; see topology.py for the stream. Coordinates are grid cells, y downwards.
import { unzigzag, varints } from "./codec.js";

/**
 * Decode a packed coverage: vertices of all arcs, and for each area its rings as arc references.
 * @param {Uint8Array} stream
 * @returns {Topology}
 */
export function decodeTopology(stream) {
  const numbers = varints(stream);
  let at = 3;
  /** @type {(n: number) => Int32Array} */
  const take = (n) => numbers.subarray(at, (at += n));
  const [nAreas, nRings, nArcs] = numbers;
  const ringsPerArea = take(nAreas);
  const arcsPerRing = take(nRings);
  let reference = 0;
  const references = Int32Array.from(take(arcsPerRing.reduce((a, b) => a + b, 0)), (n) => (reference += unzigzag(n)));
  const sizes = take(nArcs);
  const total = sizes.reduce((a, b) => a + b, 0);
  const along = () => {
    let place = 0;
    return Int32Array.from(take(total), (n) => (place += unzigzag(n)));
  };
  const x = along();
  const y = along();
  const starts = new Int32Array(nArcs + 1);
  sizes.forEach((size, i) => (starts[i + 1] = starts[i] + size));
  let ring = 0;
  let used = 0;
  const areas = Array.from(ringsPerArea, (count) =>
    Array.from({ length: count }, () => references.subarray(used, (used += arcsPerRing[ring++]))),
  );
  return { x, y, starts, nArcs, areas, ...junctions({ x, y, starts, nArcs }) };
}

/**
 * Call visit(x, y, isFirst) along a ring, without its closing vertex.
 * @param {Topology} topology
 * @param {Ring} ring
 * @param {(x: number, y: number, isFirst: boolean) => void} visit
 */
export function walkRing({ x, y, starts }, ring, visit) {
  let first = true;
  for (const reference of ring) {
    const arc = reference >> 1;
    const backwards = reference & 1;
    const from = backwards ? starts[arc + 1] - 1 : starts[arc];
    const to = backwards ? starts[arc] : starts[arc + 1] - 1;
    const step = backwards ? -1 : 1;
    for (let i = from; i !== to; i += step) {
      visit(x[i], y[i], first);
      first = false;
    }
  }
}

/**
 * The box of each area as [left, top, right, bottom]; an area without rings has an empty box.
 * @param {Topology} topology
 * @returns {Box[]}
 */
export function boxes(topology) {
  return topology.areas.map((rings) => {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of rings) {
      walkRing(topology, ring, (x, y) => {
        if (x < box[0]) box[0] = x;
        if (y < box[1]) box[1] = y;
        if (x > box[2]) box[2] = x;
        if (y > box[3]) box[3] = y;
      });
    }
    return box;
  });
}

/**
 * The area on each side of every arc; -1 where there is none.
 * @param {Topology} topology
 * @returns {Sides}
 */
export function sides(topology) {
  const left = new Int32Array(topology.nArcs).fill(-1);
  const right = new Int32Array(topology.nArcs).fill(-1);
  topology.areas.forEach((rings, area) => {
    for (const ring of rings) for (const reference of ring) (reference & 1 ? right : left)[reference >> 1] = area;
  });
  return { left, right };
}

/**
 * The arcs between two groups: groupOf gives the group of each area.
 * @param {Topology} topology
 * @param {Sides} side
 * @param {(area: number) => unknown} groupOf
 */
export function borders(topology, { left, right }, groupOf) {
  const arcs = [];
  /** @type {(area: number) => unknown} */
  const group = (area) => (area < 0 ? null : groupOf(area));
  for (let arc = 0; arc < topology.nArcs; arc++) if (group(left[arc]) !== group(right[arc])) arcs.push(arc);
  return arcs;
}

/**
 * The arcs around a group of areas: those with the group on one side only.
 * @param {Topology} topology
 * @param {Sides} side
 * @param {(area: number) => boolean} isIn
 */
export function aroundGroup({ nArcs }, { left, right }, isIn) {
  const arcs = [];
  for (let arc = 0; arc < nArcs; arc++) if (isIn(left[arc]) !== isIn(right[arc])) arcs.push(arc);
  return arcs;
}

/**
 * The number of the vertex where each arc begins and ends; arcs that meet share it.
 * @param {Pick<Topology, 'x' | 'y' | 'starts' | 'nArcs'>} topology
 */
function junctions({ x, y, starts, nArcs }) {
  const numbers = new Map();
  /** @type {(i: number) => number} */
  const numberOf = (i) => {
    const key = x[i] * 4194304 + y[i];
    const given = numbers.get(key);
    if (given !== undefined) return given;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  };
  const from = new Int32Array(nArcs);
  const to = new Int32Array(nArcs);
  for (let arc = 0; arc < nArcs; arc++) {
    from[arc] = numberOf(starts[arc]);
    to[arc] = numberOf(starts[arc + 1] - 1);
  }
  return { from, to, nJunctions: numbers.size };
}

/**
 * The outline of every class: rings of arc references, without the borders inside a class.
 * classOf gives the class of each area (0 to count - 1), or less than 0 for none.
 *
 * An arc counts as often as the rings of the class walk it, less as often as they walk it backwards. What is left of
 * closed rings can always be walked in closed rings, even where areas overlap or a ring goes back on itself. A walk
 * that finds no way on, as in a damaged file, costs its own ring and no other.
 * @param {Topology} topology
 * @param {(area: number) => number} classOf
 * @param {number} count
 * @returns {Ring[][]}
 */
export function outlines({ from, to, nArcs, nJunctions, areas }, classOf, count) {
  const uses = Array.from({ length: count }, () => new Int8Array(nArcs));
  areas.forEach((rings, area) => {
    const place = classOf(area);
    if (place < 0) return;
    const walked = uses[place];
    for (const ring of rings) for (const reference of ring) walked[reference >> 1] += reference & 1 ? -1 : 1;
  });
  // the walks that wait at a junction, as a list: the last of them, and the one before each
  const last = new Int32Array(nJunctions);
  /** @type {number[]} */
  const references = [];
  /** @type {number[]} */
  const before = [];
  return uses.map((walked) => {
    references.length = before.length = 0;
    last.fill(-1);
    for (let arc = 0; arc < nArcs; arc++) {
      const backwards = Number(walked[arc] < 0);
      const junction = backwards ? to[arc] : from[arc];
      for (let n = Math.abs(walked[arc]); n > 0; n--) {
        before.push(last[junction]);
        last[junction] = references.push(2 * arc + backwards) - 1;
      }
    }
    /** @type {(junction: number) => number} */
    const leave = (junction) => {
      const place = last[junction];
      if (place < 0) return -1;
      last[junction] = before[place];
      return references[place];
    };
    const rings = [];
    for (const first of references) {
      const junction = first & 1 ? to[first >> 1] : from[first >> 1];
      for (let reference = leave(junction); reference >= 0; reference = leave(junction)) {
        const ring = [reference];
        let at = reference & 1 ? from[reference >> 1] : to[reference >> 1];
        while (at !== junction && reference >= 0) {
          reference = leave(at);
          ring.push(reference);
          at = reference & 1 ? from[reference >> 1] : to[reference >> 1];
        }
        if (reference >= 0) rings.push(ring);
      }
    }
    return rings;
  });
}

/**
 * The areas that share a border with each area.
 * @param {Topology} topology
 * @param {Sides} side
 * @returns {Set<number>[]}
 */
export function neighbours(topology, { left, right }) {
  const near = topology.areas.map(() => new Set());
  for (let arc = 0; arc < topology.nArcs; arc++) {
    if (left[arc] >= 0 && right[arc] >= 0 && left[arc] !== right[arc]) {
      near[left[arc]].add(right[arc]);
      near[right[arc]].add(left[arc]);
    }
  }
  return near;
}
