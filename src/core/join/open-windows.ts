import { NO_SLOT } from './slots.ts';

/** A window that still takes records. */
export interface OpenWindow {
  readonly window: number;
  /** Handle of its partial in the sink. */
  readonly partial: number;
  /** Start of the chain of slots that its close takes away. */
  firstSlot: number;
  /** Lowest log sequence that this window needs to be built again. */
  neededFrom: number;
  /** A record changed it after it was reported. */
  isAmended: boolean;
}

/** The windows of one partition: open ones, and closed ones that are not stored yet. */
export class OpenWindows {
  /** The last window that is closed; -Infinity before the first. */
  closedThrough = -Infinity;
  /** The last window that is reported: with `late: amend` a window takes records a while longer. */
  reportedThrough = -Infinity;
  private readonly partialOf: (window: number) => number;
  private readonly open = new Map<number, OpenWindow>();
  private readonly unreleased = new Map<number, number>();
  private latest: OpenWindow | null = null;

  constructor(partialOf: (window: number) => number) {
    this.partialOf = partialOf;
  }

  /** The oldest open window; Infinity when none is open. */
  get oldest(): number {
    return Math.min(Infinity, ...this.open.keys());
  }

  /** The newest open window; -Infinity when none is open. */
  get newest(): number {
    return Math.max(-Infinity, ...this.open.keys());
  }

  /** The oldest open window that is not reported; Infinity when there is none. */
  get oldestUnreported(): number {
    let oldest = Infinity;
    for (const window of this.open.keys()) {
      if (window > this.reportedThrough && window < oldest) oldest = window;
    }
    return oldest;
  }

  /** Lowest log sequence that a window needs which is open, or closed and not yet released. */
  neededFrom(): number {
    let lowest = Infinity;
    for (const open of this.open.values()) lowest = Math.min(lowest, open.neededFrom);
    for (const neededFrom of this.unreleased.values()) lowest = Math.min(lowest, neededFrom);
    return lowest;
  }

  /** Windows up to this one are stored: they need not be built again. */
  release(window: number): void {
    for (const closed of this.unreleased.keys()) {
      if (closed <= window) this.unreleased.delete(closed);
    }
  }

  /** This window, opened when it is new by the record of this log sequence. */
  at(window: number, sequence: number): OpenWindow {
    if (this.latest !== null && this.latest.window === window) return this.latest;
    let open = this.open.get(window);
    if (open === undefined) {
      open = {
        window,
        partial: this.partialOf(window),
        firstSlot: NO_SLOT,
        neededFrom: sequence,
        isAmended: false,
      };
      this.open.set(window, open);
    }
    this.latest = open;
    return open;
  }

  /** Every open window. */
  all(): Iterable<OpenWindow> {
    return this.open.values();
  }

  /** This window if it is open. */
  find(window: number): OpenWindow | undefined {
    return this.open.get(window);
  }

  /** Says that all windows up to this one are reported, and returns those that were not, oldest first. */
  reportThrough(window: number): readonly OpenWindow[] {
    if (window <= this.reportedThrough) return [];
    const before = this.reportedThrough;
    this.reportedThrough = window;
    return this.upTo(window).filter((open) => open.window > before);
  }

  /** Says that all windows up to this one are closed, and returns those that were open, oldest first. */
  closeThrough(window: number): readonly OpenWindow[] {
    if (window <= this.closedThrough) return [];
    this.closedThrough = window;
    return this.upTo(window);
  }

  private upTo(window: number): readonly OpenWindow[] {
    return [...this.open.values()]
      .filter((open) => open.window <= window)
      .sort((left, right) => left.window - right.window);
  }

  /** Takes a window out; until it is released its records may have to be read again. */
  remove(open: OpenWindow): void {
    this.open.delete(open.window);
    this.unreleased.set(open.window, open.neededFrom);
    if (this.latest === open) this.latest = null;
  }
}
