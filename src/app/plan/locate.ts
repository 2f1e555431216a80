import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node } from 'yaml';
import type { PlanPath } from './problem.ts';

/** A place in the text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where a path stands in the text: its key, or that of its nearest parent that is written. */
export function locate(document: Document, lines: LineCounter, path: PlanPath): Place {
  let offset = 0;
  let node: unknown = document.contents;
  for (const step of path) {
    const resolved = isAlias(node) ? node.resolve(document) : node;
    const entry = entryOf(resolved, step);
    if (entry === null) break;
    offset = entry.offset ?? offset;
    node = entry.value;
  }
  return placeAt(lines, offset);
}

/** A place by its offset in the text. */
export function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function entryOf(
  parent: unknown,
  step: string | number,
): { offset: number | undefined; value: unknown } | null {
  if (isMap(parent)) {
    const pair = parent.items.find(
      ({ key }) => isScalar(key) && String(key.value) === String(step),
    );
    return pair === undefined ? null : { offset: startOf(pair.key), value: pair.value };
  }
  if (isSeq(parent) && typeof step === 'number') {
    const item = parent.items[step];
    return item === undefined ? null : { offset: startOf(item), value: item };
  }
  return null;
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)
    ? rangeStart(node)
    : undefined;
}

function rangeStart(node: Node): number | undefined {
  return node.range?.[0];
}
