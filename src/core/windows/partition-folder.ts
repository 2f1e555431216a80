import type { BatchSchema, PredictionColumns } from '../events/batch.ts';
import type { DecisionRule } from '../events/plan.ts';
import { defined } from '../foundation/assert.ts';
import { RESOLVED_MAX, type ResolvedRows } from '../join/resolved.ts';
import type { JoinSink } from '../join/sink.ts';
import type { Slots } from '../join/slots.ts';
import { FOLD_CURRENT, MARK_DUE, MARK_DUE_IN_SHADOW, MARK_ERROR } from '../join/slots.ts';
import type { BoundField } from './bound-fields.ts';
import { bindFields } from './bound-fields.ts';
import {
  addCategorySkew,
  addCells,
  addCompared,
  addDrivers,
  addNumberSkew,
  categoryCells,
  numberCells,
} from './fold-fields.ts';
import type { ArmColumns, ScoreColumns } from './fold-scalars.ts';
import { PairScalars } from './fold-scalars.ts';
import type { PartialLayout } from './layout.ts';
import { countOffset, layoutOf } from './layout.ts';
import type { WindowPartial } from './partial.ts';
import { PartialPool } from './partial-pool.ts';
import { offerRow, RowSample } from './row-sample.ts';

/** A partition's finished numbers of one window. */
export interface ClosedPartial {
  readonly window: number;
  readonly partial: WindowPartial;
  /** Rows for the reference profile, while that is being learned. */
  readonly sample: RowSample | null;
}

/** Told about every pair (or lone prediction) when it is folded: outcomes and kept pairs live from it. */
export interface FoldListener {
  onPairs(folded: FoldedPairs): void;
  onSingles(singles: ResolvedRows, slots: Slots): void;
}

/** Pairs that were just folded: both arms' columns and what each pair showed. */
export interface FoldedPairs {
  readonly arriving: PredictionColumns;
  readonly pairs: ResolvedRows;
  readonly slots: Slots;
  readonly current: ArmColumns;
  readonly canary: ArmColumns;
  /** By pair: 0 agree, 1 up, 2 down, 3 not comparable. */
  readonly flip: Uint8Array;
}

export interface FolderOptions {
  readonly schema: BatchSchema;
  readonly decision: DecisionRule;
  readonly skewTolerance: number;
  /** Rows wanted for the profile. */
  readonly sampleSize: number;
  /** The layout in force for a window, by number. */
  readonly layoutOfWindow: (window: number) => PartialLayout;
  /** A window's numbers as they are handed on first; with `late: drop` for good. */
  readonly onClosed: (closed: ClosedPartial) => void;
  /** With `late: amend`: a window that was handed on is closed; `isAmended`: it changed since. */
  readonly onSettled: (closed: ClosedPartial, isAmended: boolean) => void;
  readonly listener: FoldListener | null;
}

/** Where the current arm's rows are; of singles only those of this fold. */
interface SampledSide {
  readonly side: ArmColumns;
  readonly onlyFold: number | null;
}

const MATCHED = countOffset('matched');
const DUPLICATE = countOffset('duplicate');
const CONFLICT = countOffset('conflict');
const UNMATCHED_CURRENT = countOffset('unmatchedCurrent');
const UNMATCHED_CANARY = countOffset('unmatchedCanary');
const NOT_ASKED_CURRENT = countOffset('notAskedCurrent');
const NOT_ASKED_CANARY = countOffset('notAskedCanary');
const DUE_IN_SHADOW_CURRENT = countOffset('dueInShadowCurrent');
const DUE_IN_SHADOW_CANARY = countOffset('dueInShadowCanary');

/** Filled and read within one call: a process with thousands of partitions has it once. */
const CELLS = {
  current: new Int32Array(RESOLVED_MAX),
  canary: new Int32Array(RESOLVED_MAX),
};

/**
 * Folds what a joiner resolves into the partials of its partition: first what every pair shows by
 * itself, then one field at a time over all of them.
 */
export class PartitionFolder implements JoinSink {
  private readonly options: FolderOptions;
  private readonly pool = new PartialPool();
  private readonly scalars: PairScalars;
  private readonly handles = new Map<number, number>();
  private readonly samples = new Map<number, RowSample>();
  private fields: readonly BoundField[] = [];
  private layout: PartialLayout = layoutOf(null);
  private readonly currentCells = CELLS.current;
  private readonly canaryCells = CELLS.canary;
  private readonly windowOfHandle: number[] = [];
  private readonly reported = new Set<number>();
  /** The copy that a window is being reported from. */
  private reporting: number | null = null;

  constructor(options: FolderOptions) {
    this.options = options;
    this.scalars = new PairScalars(options.schema, options.decision);
  }

  partialOf(window: number): number {
    const known = this.handles.get(window);
    if (known !== undefined) return known;
    const layout = this.options.layoutOfWindow(window);
    if (layout.profile !== null && layout !== this.layout) this.adopt(layout);
    const handle = this.pool.take(layout);
    this.handles.set(window, handle);
    this.windowOfHandle[handle] = window;
    if (layout.profile === null) this.samples.set(handle, new RowSample(this.options.sampleSize));
    return handle;
  }

  foldPairs(arriving: PredictionColumns, pairs: ResolvedRows, slots: Slots): void {
    const { pool, scalars } = this;
    const byCanary = arriving.arm === 'canary';
    const slotSide: ArmColumns = {
      columns: slots,
      at: pairs.slot,
      marks: slots.marks,
      marksAt: pairs.slot,
    };
    const rowSide: ArmColumns = {
      columns: arriving,
      at: pairs.row,
      marks: pairs.marks,
      marksAt: null,
    };
    const current = byCanary ? slotSide : rowSide;
    const canary = byCanary ? rowSide : slotSide;
    scalars.addPairs(pool, { pairs, current, canary });
    for (let i = 0; i < pairs.length; i++) {
      const at = (pairs.partial[i] ?? 0) * pool.countStride + MATCHED;
      pool.counts[at] = (pool.counts[at] ?? 0) + 1;
    }
    if (this.samples.size > 0) this.sampleRows(pairs, slots, { side: current, onlyFold: null });
    for (const field of this.fields) this.foldPairField(field, current.columns, canary.columns);
    pool.carry();
    this.options.listener?.onPairs({
      arriving,
      pairs,
      slots,
      current,
      canary,
      flip: scalars.rows.flip,
    });
  }

  foldSingles(singles: ResolvedRows, slots: Slots): void {
    const { pool, scalars } = this;
    const side: ArmColumns = {
      columns: slots,
      at: singles.slot,
      marks: slots.marks,
      marksAt: singles.slot,
    };
    for (const arm of [0, 1] as const) {
      const rows = scalars.addSingles(pool, { singles, side, arm });
      if (rows.length === 0) continue;
      for (const field of this.fields) {
        cellsOf(field, slots, { at: rows.at, length: rows.length, cells: this.currentCells });
        addCells(
          { pool, rows },
          arm === 0 ? field.slots.current : field.slots.canary,
          this.currentCells,
        );
      }
    }
    for (let i = 0; i < singles.length; i++) {
      const isCurrent = singles.row[i] === FOLD_CURRENT;
      const alone = aloneCount(isCurrent, singles.marks[i] ?? 0);
      const at = (singles.partial[i] ?? 0) * pool.countStride + alone;
      pool.counts[at] = (pool.counts[at] ?? 0) + 1;
    }
    if (this.samples.size > 0) this.sampleRows(singles, slots, { side, onlyFold: FOLD_CURRENT });
    pool.carry();
    // What only waits while its window is reported is not resolved yet.
    if (this.reporting === null) this.options.listener?.onSingles(singles, slots);
  }

  /** The window that an open partial belongs to. */
  windowOf(partial: number): number {
    return this.windowOfHandle[partial] ?? -1;
  }

  countRepeat(partial: number, kind: 'duplicate' | 'conflict'): void {
    const at = partial * this.pool.countStride + (kind === 'duplicate' ? DUPLICATE : CONFLICT);
    this.pool.counts[at] = (this.pool.counts[at] ?? 0) + 1;
  }

  copyOf(window: number): number {
    const handle = defined(this.handles.get(window), 'the partial of a window that is reported');
    const copy = this.pool.take(this.options.layoutOfWindow(window));
    this.pool.copy(handle, copy);
    this.windowOfHandle[copy] = window;
    this.reporting = copy;
    return copy;
  }

  report(window: number, copy: number): void {
    const handle = defined(this.handles.get(window), 'the partial of a window that is reported');
    const soFar = this.samples.get(handle);
    const sample = soFar === undefined ? null : new RowSample(soFar.size);
    if (soFar !== undefined) sample?.merge(soFar);
    this.reporting = null;
    this.reported.add(window);
    this.options.onClosed({ window, partial: this.pool.release(copy), sample });
  }

  close(window: number, isAmended: boolean): void {
    const handle = defined(this.handles.get(window), 'the partial of an open window');
    this.handles.delete(window);
    const sample = this.samples.get(handle) ?? null;
    this.samples.delete(handle);
    const closed = { window, partial: this.pool.release(handle), sample };
    // A window may have been empty when it was reported: then it is known only by what came late.
    const wasReported = this.reported.delete(window) || isAmended;
    if (wasReported) this.options.onSettled(closed, isAmended);
    else this.options.onClosed(closed);
  }

  private adopt(layout: PartialLayout): void {
    this.layout = layout;
    this.pool.adopt(layout);
    this.fields = bindFields(layout, this.options.schema);
  }

  private foldPairField(field: BoundField, current: ScoreColumns, canary: ScoreColumns): void {
    const { pool, currentCells, canaryCells } = this;
    const { rows } = this.scalars;
    const into = { pool, rows };
    const { length } = rows;
    cellsOf(field, current, { at: rows.currentAt, length, cells: currentCells });
    cellsOf(field, canary, { at: rows.canaryAt, length, cells: canaryCells });
    addCells(into, field.slots.current, currentCells);
    addCells(into, field.slots.canary, canaryCells);
    if (field.slots.pairs < 0) return;
    addDrivers(into, field.slots, currentCells);
    addCompared(into, field.slots);
    // A field that this run's logs do not have is null in both arms: they agree.
    if (field.kind === 'number') {
      const x = current.numbers[field.column];
      const y = canary.numbers[field.column];
      const { scale } = field;
      const tolerance = this.options.skewTolerance;
      if (x !== undefined && y !== undefined)
        addNumberSkew(into, field.slots, { current: x, canary: y, tolerance, scale });
    } else {
      const x = current.codes[field.column];
      const y = canary.codes[field.column];
      if (x !== undefined && y !== undefined)
        addCategorySkew(into, field.slots, { current: x, canary: y });
    }
  }

  /** Offers the current arm's rows of windows without a profile to their sample. */
  private sampleRows(resolved: ResolvedRows, slots: Slots, from: SampledSide): void {
    const { side, onlyFold } = from;
    for (let i = 0; i < resolved.length; i++) {
      if (onlyFold !== null && resolved.row[i] !== onlyFold) continue;
      const sample = this.samples.get(resolved.partial[i] ?? 0);
      if (sample === undefined) continue;
      const at = side.at[i] ?? 0;
      const marks = side.marks[side.marksAt === null ? i : (side.marksAt[i] ?? 0)] ?? 0;
      if ((marks & MARK_ERROR) !== 0) continue;
      const slot = resolved.slot[i] ?? 0;
      const hash = { high: slots.key2a[slot] ?? 0, low: slots.key2b[slot] ?? 0 };
      offerRow(sample, hash, { columns: side.columns, at });
    }
  }
}

/** Where a lone prediction is counted. */
function aloneCount(isCurrent: boolean, marks: number): number {
  if ((marks & MARK_DUE_IN_SHADOW) !== 0)
    return isCurrent ? DUE_IN_SHADOW_CURRENT : DUE_IN_SHADOW_CANARY;
  if ((marks & MARK_DUE) !== 0) return isCurrent ? UNMATCHED_CURRENT : UNMATCHED_CANARY;
  return isCurrent ? NOT_ASKED_CURRENT : NOT_ASKED_CANARY;
}

/** The cell of every row of a field, by number or by category. */
function cellsOf(
  field: BoundField,
  columns: ScoreColumns,
  to: { readonly at: Int32Array; readonly length: number; readonly cells: Int32Array },
): void {
  const { cells, length } = to;
  if (field.kind === 'number') {
    const values = columns.numbers[field.column];
    // A field of the profile that this run's logs do not have is null throughout.
    if (values === undefined) cells.fill(field.ownCells, 0, length);
    else numberCells(values, to, { field, cells });
  } else {
    const codes = columns.codes[field.column];
    if (codes === undefined) cells.fill(field.nullCell, 0, length);
    else {
      const { cellOfCode, unlistedCell } = field;
      categoryCells(codes, to, { cellOfCode, unlistedCell, cells });
    }
  }
}
