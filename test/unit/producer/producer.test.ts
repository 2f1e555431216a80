import { describe, expect, it } from 'vitest';
import { assign, isAsked } from '../../../src/core/rollout/assign.ts';
import { firstTable, withShare } from '../../../src/core/rollout/routing-table.ts';
import { isLogged, isMirrored, versionFor } from '../../../src/producer/producer.ts';

const TABLE = withShare(
  firstTable(
    {
      rolloutId: 'fraud-v7.1',
      model: 'fraud',
      currentVersion: 'v6',
      canaryVersion: 'v7',
      key: 'unit_id',
      boundary: 'request',
      sessionMaxAgeMs: 0,
    },
    0,
  ),
  { fromMs: 60_000, share: 0.3 },
);
const ids = Array.from({ length: 2000 }, (_, i) => `request-${i}`);

describe('the rules that a producer shares with the line', () => {
  it('send a unit to the version that the routing table gives it', () => {
    const counts = { v6: 0, v7: 0 };
    for (const unitId of ids) {
      const version = versionFor(TABLE, { unitId, atMs: 60_000 });
      expect(version).toBe(assign(TABLE, { unitId, atMs: 60_000 }).arm === 'canary' ? 'v7' : 'v6');
      counts[version === 'v7' ? 'v7' : 'v6'] += 1;
    }
    expect(counts.v7 / ids.length).toBeCloseTo(0.3, 1);
    expect(versionFor(TABLE, { unitId: 'any', atMs: 0 })).toBe('v6');
  });

  it('mirror the requests that the join takes for due', () => {
    for (const requestId of ids) {
      const request = { rolloutId: 'fraud-v7.1', requestId };
      expect(isMirrored(0.1, request)).toBe(isAsked(0.1, request));
    }
  });

  it('keep a growing set of requests in a log, and none twice by another rule', () => {
    const kept = (share: number) => ids.filter((id) => isLogged(share, id));
    expect(kept(0.25).length / ids.length).toBeCloseTo(0.25, 1);
    expect(kept(0.5)).toEqual(expect.arrayContaining(kept(0.25)));
    expect([kept(0), kept(1)]).toEqual([[], ids]);
    const mirrored = ids.filter((id) => isMirrored(0.25, { rolloutId: '', requestId: id }));
    expect(mirrored).not.toEqual(kept(0.25));
  });
});
