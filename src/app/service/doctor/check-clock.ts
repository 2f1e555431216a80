import { durationText } from '../duration-text.ts';
import type { Check } from './check.ts';
import type { DoctorFacts, SampleFact } from './facts.ts';

/** A registry tells its time to the second, and the answer takes a while. */
const APART_MS_GOOD = 2_000;
/** Half of what `futureMax` allows by default. */
const APART_MS_MAX = 30_000;

const SYNC = 'keep the clocks of all machines with NTP (chrony, systemd-timesyncd)';

/** How far this machine's clock is from those of the registry, the brokers and the producers. */
export function checkClock({
  registry,
  samples,
  nowMs,
}: Pick<DoctorFacts, 'registry' | 'samples' | 'nowMs'>): readonly Check[] {
  const dateMs = registry.ok ? registry.value.greeting.dateMs : null;
  const facts = samples?.ok === true ? samples.value : [];
  return [
    ...(dateMs === null ? [] : [checkRegistryTime(dateMs - nowMs)]),
    ...facts.flatMap((fact) => checkAhead(fact, nowMs)),
  ];
}

function checkRegistryTime(aheadMs: number): Check {
  const line = { area: 'clock', subject: 'registry' };
  const apartMs = Math.abs(aheadMs);
  if (apartMs <= APART_MS_GOOD)
    return { ...line, status: 'ok', seen: 'its clock agrees with this one', mend: null };
  const seen = `its clock is ${durationText(apartMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'} this one`;
  return { ...line, status: apartMs > APART_MS_MAX ? 'error' : 'warning', seen, mend: SYNC };
}

/** Of an old record nothing can be told; one from the future proves that a clock is wrong. */
function checkAhead(fact: SampleFact, nowMs: number): readonly Check[] {
  const { topic, newestTimeMs, timestampType } = fact;
  const aheadMs = (newestTimeMs ?? -Infinity) - nowMs;
  if (aheadMs <= APART_MS_GOOD) return [];
  const whose = timestampType === 'LogAppendTime' ? 'the brokers' : 'a producer';
  return [
    {
      area: 'clock',
      subject: topic,
      status: aheadMs > APART_MS_MAX ? 'error' : 'warning',
      seen: `the clock of ${whose} is at least ${durationText(aheadMs)} ahead of this one`,
      mend: SYNC,
    },
  ];
}
