import type { Check } from './check.ts';
import { checkBrokers } from './check-brokers.ts';
import { checkClock } from './check-clock.ts';
import { checkMachine } from './check-machine.ts';
import { checkRegistry } from './check-registry.ts';
import { checkSamples } from './check-samples.ts';
import { checkRollouts, checkTopicFacts } from './check-topic-facts.ts';
import type { DoctorFacts } from './facts.ts';

/** All that the facts say, in the order in which one would mend it. */
export function diagnose(facts: DoctorFacts): readonly Check[] {
  return [
    ...checkMachine(facts),
    ...checkBrokers(facts),
    ...checkRegistry(facts),
    ...checkRollouts(facts),
    ...checkTopicFacts(facts),
    ...checkSamples(facts),
    ...checkClock(facts),
  ];
}
