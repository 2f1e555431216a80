import type { BatchSchema } from '../core/events/batch.ts';
import { isInput } from '../core/events/field.ts';
import type { KeepPairs } from '../core/events/plan.ts';
import { LowestByHash } from '../core/join/kept-pairs.ts';
import type { ArmColumns } from '../core/windows/fold-scalars.ts';
import type { FoldedPairs } from '../core/windows/partition-folder.ts';
import type { KeptPair } from './ports.ts';

const FLIP_NONE = 0;
const FLIP_UNKNOWN = 3;
const HASH_RANGE = 2 ** 32;

/** Chooses which pairs of a window are written out, as the plan says: all, a sample, disagreements. */
export class PairKeeper {
  private readonly rule: KeepPairs;
  private readonly schema: BatchSchema;
  private readonly lengthMs: number;
  private readonly byWindow = new Map<number, LowestByHash<KeptPair>>();

  constructor(rule: KeepPairs, schema: BatchSchema, lengthMs: number) {
    this.rule = rule;
    this.schema = schema;
    this.lengthMs = lengthMs;
  }

  /** Looks at pairs that were just folded; `windowOf` names the window of a partial. */
  offer(folded: FoldedPairs, windowOf: (partial: number) => number): void {
    if (this.rule.mode === 'none') return;
    const { pairs, slots } = folded;
    for (let i = 0; i < pairs.length; i++) {
      const hash = slots.key2b[pairs.slot[i] ?? 0] ?? 0;
      const flip = folded.flip[i] ?? FLIP_UNKNOWN;
      if (!this.wants(hash, flip)) continue;
      const window = windowOf(pairs.partial[i] ?? 0);
      let kept = this.byWindow.get(window);
      if (kept === undefined) {
        kept = new LowestByHash(this.rule.mode === 'all' ? Infinity : this.rule.perWindowMax);
        this.byWindow.set(window, kept);
      }
      kept.offer(hash, () => this.build(folded, i, window));
    }
  }

  /** Takes the pairs of windows up to this one away. */
  take(through: number): readonly KeptPair[] {
    const taken: KeptPair[] = [];
    for (const [window, kept] of this.byWindow) {
      if (window > through) continue;
      this.byWindow.delete(window);
      taken.push(...kept.kept());
    }
    return taken;
  }

  private wants(hash: number, flip: number): boolean {
    if (this.rule.mode === 'all') return true;
    if (hash < this.rule.share * HASH_RANGE) return true;
    return this.rule.mode === 'disagreements' && flip !== FLIP_NONE && flip !== FLIP_UNKNOWN;
  }

  private build(folded: FoldedPairs, i: number, window: number): KeptPair {
    const { arriving, pairs, current, canary } = folded;
    const row = pairs.row[i] ?? 0;
    const currentAt = current.at[i] ?? 0;
    const canaryAt = canary.at[i] ?? 0;
    const flip = folded.flip[i] ?? FLIP_UNKNOWN;
    return {
      requestId: arriving.requestId(row),
      rowIndex: arriving.rowIndex(row),
      windowStartMs: window * this.lengthMs,
      currentEventTimeMs: current.columns.eventTimeMs[currentAt] ?? 0,
      canaryEventTimeMs: canary.columns.eventTimeMs[canaryAt] ?? 0,
      currentScore: this.number(current, currentAt, 'score'),
      canaryScore: this.number(canary, canaryAt, 'score'),
      currentLabel: this.category(current, currentAt, 'label'),
      canaryLabel: this.category(canary, canaryAt, 'label'),
      disagree: flip === FLIP_UNKNOWN ? null : flip !== FLIP_NONE,
      fields: this.fields(current, currentAt),
    };
  }

  private fields(side: ArmColumns, at: number): Record<string, number | string | null> {
    const { numbers, categories } = this.schema.layout;
    const inputs = [...numbers, ...categories].filter(isInput);
    return Object.fromEntries(
      inputs.map((field) => [
        field.name,
        field.kind === 'number'
          ? this.number(side, at, field.name)
          : this.category(side, at, field.name),
      ]),
    );
  }

  private number(side: ArmColumns, at: number, name: string): number | null {
    const column = this.schema.layout.numbers.findIndex((field) => field.name === name);
    const value = side.columns.numbers[column]?.[at];
    return value === undefined || !Number.isFinite(value) ? null : value;
  }

  private category(side: ArmColumns, at: number, name: string): string | null {
    const column = this.schema.layout.categories.findIndex((field) => field.name === name);
    const code = side.columns.codes[column]?.[at] ?? 0;
    return code === 0 ? null : (this.schema.dictionaries[column]?.values[code - 1] ?? null);
  }
}
