import type { DeadLetterReason } from '../../../core/events/dead-letter.ts';
import type { Check } from './check.ts';
import type { DoctorFacts, SampleFact } from './facts.ts';

/** What is to be done about records that could not be used, by reason; else the detail says it. */
const MENDS: Partial<Readonly<Record<DeadLetterReason, string>>> = {
  wrong_key: 'send records with the request id as their key',
  unknown_schema:
    'see whether the producer registers its schemas in the registry of the config, or write format: json for this input',
  undecodable:
    'see whether the producer writes Avro with the schema id in front, or write format: json for this input',
  not_json: 'write format: avro for this input, or correct the producer',
  missing_field: 'name the place of the field in fieldMap of this input, or correct the producer',
  future: "correct the producer's clock",
  tombstone: 'leave records without a value out',
};

/** What the latest records tell: keys, partitions, and whether the service could use them. */
export function checkSamples({
  samples,
  rollouts,
}: Pick<DoctorFacts, 'samples' | 'rollouts'>): readonly Check[] {
  if (samples === null) return [];
  if (!samples.ok) {
    const mend =
      'give this user the right to read the topics, with groups that begin with groupPrefix';
    return [{ area: 'records', subject: 'records', status: 'error', seen: samples.why, mend }];
  }
  const facts = samples.value;
  return [
    ...facts.flatMap((fact) => checkSample(fact)),
    ...rollouts.flatMap((fact) =>
      fact.ok ? checkPlaces(fact.rollout.name, topicsOf(fact.rollout.topics, facts)) : [],
    ),
  ];
}

function topicsOf(
  topics: Readonly<Record<string, string | null>>,
  facts: readonly SampleFact[],
): readonly SampleFact[] {
  const names = Object.values(topics);
  return facts.filter(({ topic, recordCount }) => recordCount > 0 && names.includes(topic));
}

function checkSample(fact: SampleFact): readonly Check[] {
  const { topic, recordCount, used, ignored, dead } = fact;
  const line = { area: 'records', subject: topic };
  if (recordCount === 0) {
    const seen = 'no record yet: keys, partitions and schemas could not be looked at';
    return [{ ...line, status: 'ok', seen, mend: null }];
  }
  const of = `of the latest ${recordCount} records`;
  const checks: Check[] = dead.map(({ reason, count, detail }) => ({
    ...line,
    status: 'error',
    seen: `${count} ${of} would be dead letters (${reason}): ${detail}`,
    mend: MENDS[reason] ?? 'correct the producer, or the fieldMap of this input',
  }));
  if (fact.keyless > 0) {
    checks.push({
      ...line,
      status: 'error',
      seen: `${fact.keyless} ${of} have no key: they lie on any partition`,
      mend: 'send records with the request id as their key',
    });
  }
  if (used === 0 && ignored > 0) {
    checks.push({
      ...line,
      status: 'warning',
      seen: `none ${of} is of a rollout that reads it`,
      mend: 'compare model, current and canary of the plan with what the producers write',
    });
  }
  if (checks.length > 0) return checks;
  const seen = `${of.replace('of the', '').trim()} can be read; ${used} rows are used, ${ignored} are of others`;
  return [{ ...line, status: 'ok', seen, mend: null }];
}

/**
 * Both halves of a request must lie on one partition number. With one partitioner everywhere they do,
 * and most clients can have Java's; with another, only keys that were seen on both sides can tell.
 */
function checkPlaces(name: string, facts: readonly SampleFact[]): readonly Check[] {
  const line = { area: 'partitioner', subject: name };
  const others = facts.filter(({ elsewhere }) => elsewhere > 0);
  if (facts.length === 0) return [];
  if (others.length === 0) {
    const seen = "every key lies where Java's default partitioner (murmur2) puts it";
    return [{ ...line, status: 'ok', seen, mend: null }];
  }
  const topics = others.map(
    ({ topic, elsewhere, recordCount }) => `${topic} (${elsewhere} of ${recordCount})`,
  );
  const { same, apart } = sharedKeys(facts);
  const mend =
    'set the partitioner of those producers to murmur2: in librdkafka (Python, Go, .NET) partitioner=murmur2_random';
  if (apart > 0 || same === 0) {
    const proof = apart > 0 ? `; ${apart} keys lie on different partition numbers` : '';
    const seen = `other partitioners than murmur2: ${topics.join(', ')}${proof}`;
    return [{ ...line, status: 'error', seen, mend }];
  }
  const seen = `another partitioner than murmur2 in ${topics.join(', ')}; ${same} keys that were seen in several topics lie on the same numbers`;
  return [{ ...line, status: 'warning', seen, mend }];
}

/** Keys that lie on several partition numbers, and those of several topics that lie on one. */
function sharedKeys(facts: readonly SampleFact[]): {
  readonly same: number;
  readonly apart: number;
} {
  const numbersOf = new Map<string, Set<number>>();
  const topicCounts = new Map<string, number>();
  for (const [key, numbers] of facts.flatMap(({ places }) => [...places])) {
    numbersOf.set(key, new Set([...(numbersOf.get(key) ?? []), ...numbers]));
    topicCounts.set(key, (topicCounts.get(key) ?? 0) + 1);
  }
  const apart = [...numbersOf.values()].filter(({ size }) => size > 1).length;
  const same = [...numbersOf].filter(
    ([key, { size }]) => size === 1 && (topicCounts.get(key) ?? 0) > 1,
  ).length;
  return { same, apart };
}
