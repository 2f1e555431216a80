interface Started {
  count: number;
  /** Processing time. */
  atMs: number;
  /** The machine's own time, which nobody sets. */
  since: number;
}

/**
 * When fetches began. kafkajs reads from each broker in turns and does not say which broker a batch
 * came from: what holds for all of them holds for it.
 */
export class FetchTimes {
  readonly #byNode = new Map<string, Started>();
  readonly #silentMsMax: number;
  #stalledUntil = 0;

  /** @param silentMsMax a broker without a fetch for so long, while batches were taken, is no longer read from */
  constructor(silentMsMax: number) {
    this.#silentMsMax = silentMsMax;
  }

  started(node: string, atMs: number): void {
    const now = performance.now();
    const count = (this.#byNode.get(node)?.count ?? 0) + 1;
    this.#byNode.set(node, { count, atMs, since: now });
    for (const [other, { since }] of this.#byNode) {
      const silentMs = now - Math.max(since, this.#stalledUntil);
      if (silentMs > this.#silentMsMax) this.#byNode.delete(other);
    }
  }

  /** A batch had to wait for room: fetched batches behind it wait too, and are none the younger. */
  stalled(): void {
    this.#stalledUntil = performance.now();
  }

  /** Every batch that is here now was asked for at this time or later; null before the first fetch. */
  lowerBoundMs(): number | null {
    let bound: number | null = null;
    for (const { atMs } of this.#byNode.values()) bound = Math.min(bound ?? atMs, atMs);
    return bound;
  }

  /** A question to ask later: has every broker been asked anew since? */
  renewal(): () => boolean {
    const counts = new Map([...this.#byNode].map(([node, { count }]) => [node, count]));
    return () =>
      [...counts].every(([node, count]) => (this.#byNode.get(node)?.count ?? Infinity) > count);
  }
}
