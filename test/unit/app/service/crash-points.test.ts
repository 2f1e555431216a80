import { describe, expect, it } from 'vitest';
import { memoryWindowStore } from '../../../../src/adapters/memory/window-store.ts';
import { crashPoints } from '../../../../src/app/service/crash-points.ts';
import { configOf, LEAST } from './configs.ts';

const CONFIG = configOf(LEAST);

describe('places at which a test can end a process', () => {
  it('are nowhere unless a test asks for one', () => {
    const store = memoryWindowStore();
    for (const text of [undefined, '']) expect(crashPoints(text, CONFIG).store(store)).toBe(store);
  });

  it('are refused when they are not understood', () => {
    for (const text of ['judge', 'judge.before-verdicts', 'judge.at-verdicts:1', 'judge.after-x:0'])
      expect(() => crashPoints(text, CONFIG)).toThrow('COALMINE_CRASH_AT is not understood');
  });

  it('let everything pass that is not the place', async () => {
    const sent: string[] = [];
    const writer = crashPoints('judge.before-verdicts:2', CONFIG).writer('judge', {
      send: (topic) => {
        sent.push(topic);
        return Promise.resolve({ firstOffset: sent.length });
      },
      close: () => Promise.resolve(),
    });
    for (const topic of ['coalmine.profiles', 'coalmine.verdicts', 'coalmine.positions'])
      await writer.send(topic, []);
    expect(sent).toEqual(['coalmine.profiles', 'coalmine.verdicts', 'coalmine.positions']);
  });
});
