/**
 * A complete binary tree: node k has the children 2k + 1 and 2k + 2, and a value below the node's
 * threshold goes to the first. A node that was not worth a split repeats one value in its leaves.
 */
export interface BoostedTree {
  readonly columns: readonly number[];
  readonly thresholds: readonly number[];
  readonly leaves: readonly number[];
}

/** Keeps leaves of few rows near 0. */
const REGULARISATION = 1;
/** Least curvature on each side of a split: about 34 rows at a share of 18 %. */
const CURVATURE_MIN = 5;

/** All that growing needs, allocated once for all trees. */
export interface Grower {
  readonly bins: Uint8Array;
  readonly edges: readonly Float64Array[];
  readonly binCount: number;
  readonly depth: number;
  readonly learningRate: number;
  readonly gradients: Float64Array;
  readonly curvatures: Float64Array;
  /** The rows, those of one node side by side; and room to part them. */
  readonly rows: Int32Array;
  readonly aside: Int32Array;
}

export type GrowerOptions = Pick<Grower, 'bins' | 'edges' | 'binCount' | 'depth' | 'learningRate'>;

export function startGrower(options: GrowerOptions): Grower {
  const rowCount = options.bins.length / options.edges.length;
  return {
    bins: options.bins,
    edges: options.edges,
    binCount: options.binCount,
    depth: options.depth,
    learningRate: options.learningRate,
    gradients: new Float64Array(rowCount),
    curvatures: new Float64Array(rowCount),
    rows: Int32Array.from({ length: rowCount }, (_, row) => row),
    aside: new Int32Array(rowCount),
  };
}

/** A node in the making: its rows are `rows[start ... end)`, its histogram their slopes by bin. */
interface Node {
  readonly index: number;
  readonly level: number;
  readonly start: number;
  readonly end: number;
  readonly histogram: Float64Array;
}

interface Split {
  readonly column: number;
  /** Bins up to this one go to the first child. */
  readonly bin: number;
}

interface Slopes {
  readonly gradient: number;
  readonly curvature: number;
}

interface DraftTree {
  readonly columns: number[];
  readonly thresholds: number[];
  readonly leaves: number[];
}

/** Grows one tree on the present slopes and adds its leaves to the log odds of their rows. */
export function growTree(grower: Grower, logOdds: Float64Array): BoostedTree {
  const innerCount = 2 ** grower.depth - 1;
  const tree: DraftTree = {
    columns: Array.from({ length: innerCount }, () => 0),
    thresholds: Array.from({ length: innerCount }, () => Number.MAX_VALUE),
    leaves: Array.from({ length: innerCount + 1 }, () => 0),
  };
  const all = { start: 0, end: grower.rows.length };
  const root = { index: 0, level: 0, ...all, histogram: histogramOf(grower, all) };
  growNode(grower, { tree, logOdds }, root);
  return tree;
}

interface Target {
  readonly tree: DraftTree;
  readonly logOdds: Float64Array;
}

function growNode(grower: Grower, target: Target, node: Node): void {
  const split = node.level < grower.depth ? bestSplit(grower, node) : undefined;
  if (split === undefined) {
    closeNode(grower, target, node);
    return;
  }
  target.tree.columns[node.index] = split.column;
  target.tree.thresholds[node.index] = Number(grower.edges[split.column]?.[split.bin]);
  for (const child of partNode(grower, node, split)) growNode(grower, target, child);
}

/** Writes the node's value into every leaf below it. */
function closeNode(grower: Grower, { tree, logOdds }: Target, node: Node): void {
  const { gradient, curvature } = columnSlopes(grower, node.histogram, 0);
  const value = (-grower.learningRate * gradient) / (curvature + REGULARISATION);
  const leavesBelow = 2 ** (grower.depth - node.level);
  const firstLeaf = (node.index + 1) * leavesBelow - 1 - tree.columns.length;
  tree.leaves.fill(value, firstLeaf, firstLeaf + leavesBelow);
  for (let k = node.start; k < node.end; k++) {
    const row = Number(grower.rows[k]);
    logOdds[row] = Number(logOdds[row]) + value;
  }
}

function bestSplit(grower: Grower, node: Node): Split | undefined {
  let best: Split | undefined;
  let bestGain = 0;
  const total = columnSlopes(grower, node.histogram, 0);
  for (const [column, edges] of grower.edges.entries()) {
    let gradient = 0;
    let curvature = 0;
    for (let bin = 0; bin < edges.length; bin++) {
      const at = 2 * (column * grower.binCount + bin);
      gradient += Number(node.histogram[at]);
      curvature += Number(node.histogram[at + 1]);
      const rest = { gradient: total.gradient - gradient, curvature: total.curvature - curvature };
      if (curvature < CURVATURE_MIN || rest.curvature < CURVATURE_MIN) continue;
      const gain = worth({ gradient, curvature }) + worth(rest) - worth(total);
      if (gain > bestGain) {
        bestGain = gain;
        best = { column, bin };
      }
    }
  }
  return best;
}

function worth({ gradient, curvature }: Slopes): number {
  return (gradient * gradient) / (curvature + REGULARISATION);
}

function columnSlopes(grower: Grower, histogram: Float64Array, column: number): Slopes {
  let gradient = 0;
  let curvature = 0;
  for (let bin = 0; bin < grower.binCount; bin++) {
    const at = 2 * (column * grower.binCount + bin);
    gradient += Number(histogram[at]);
    curvature += Number(histogram[at + 1]);
  }
  return { gradient, curvature };
}

/** Parts the node's rows, their order kept. The larger child's histogram is what the smaller one leaves. */
function partNode(grower: Grower, node: Node, split: Split): readonly [Node, Node] {
  const columnCount = grower.edges.length;
  let middle = node.start;
  let asideCount = 0;
  for (let k = node.start; k < node.end; k++) {
    const row = Number(grower.rows[k]);
    if (Number(grower.bins[row * columnCount + split.column]) <= split.bin) {
      grower.rows[middle++] = row;
    } else grower.aside[asideCount++] = row;
  }
  grower.rows.set(grower.aside.subarray(0, asideCount), middle);
  const first = { start: node.start, end: middle };
  const second = { start: middle, end: node.end };
  const firstIsSmall = middle - node.start <= node.end - middle;
  const small = histogramOf(grower, firstIsSmall ? first : second);
  const large = node.histogram.map((value, k) => value - Number(small[k]));
  const level = node.level + 1;
  return [
    { index: 2 * node.index + 1, level, ...first, histogram: firstIsSmall ? small : large },
    { index: 2 * node.index + 2, level, ...second, histogram: firstIsSmall ? large : small },
  ];
}

function histogramOf(
  grower: Grower,
  { start, end }: Pick<Node, 'start' | 'end'>,
): Float64Array<ArrayBuffer> {
  const { rows, bins, gradients, curvatures, binCount } = grower;
  const columnCount = grower.edges.length;
  const histogram = new Float64Array(2 * columnCount * binCount);
  for (let k = start; k < end; k++) {
    const row = Number(rows[k]);
    const gradient = Number(gradients[row]);
    const curvature = Number(curvatures[row]);
    for (let column = 0; column < columnCount; column++) {
      const at = 2 * (column * binCount + Number(bins[row * columnCount + column]));
      histogram[at] = Number(histogram[at]) + gradient;
      histogram[at + 1] = Number(histogram[at + 1]) + curvature;
    }
  }
  return histogram;
}
