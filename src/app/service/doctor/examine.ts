import { randomUUID } from 'node:crypto';
import { createBatchDecoder } from '../../../adapters/avro/decode/batch-decoder.ts';
import { kafkaClient } from '../../../adapters/kafka/connect.ts';
import { probeBroker } from '../../../adapters/kafka/probe.ts';
import { kafkaSource } from '../../../adapters/kafka/source.ts';
import { kafkaTopicAdmin } from '../../../adapters/kafka/topics.ts';
import { confluentRegistry } from '../../../adapters/registry/confluent-registry.ts';
import { registryProbe } from '../../../adapters/registry/registry-probe.ts';
import { systemClock } from '../../../adapters/system/clock.ts';
import { CoalmineError } from '../../../core/foundation/error.ts';
import { readApplied } from '../applied-topic.ts';
import { connectApplied } from '../open-applied.ts';
import type { ServiceConfig } from '../service-config.ts';
import type { Check } from './check.ts';
import { diagnose } from './diagnose.ts';
import type { RolloutFact } from './facts.ts';
import { folderFact } from './folder-fact.ts';
import { gatherFacts } from './gather.ts';
import { appliedRollouts, configuredRollouts } from './rollout-facts.ts';

const FIRST_ANSWER_MS_MAX = 10_000;

/**
 * Looks at everything that the service needs. Nothing is changed but a subject of the registry that is
 * made and taken away again.
 *
 * @param nodeVersionMin the least that the package asks for
 */
export async function examine(
  config: ServiceConfig,
  nodeVersionMin: string,
): Promise<readonly Check[]> {
  const options = { log: () => {}, firstAnswerMsMax: FIRST_ANSWER_MS_MAX };
  const client = await kafkaClient(config.kafka, options);
  const clock = systemClock();
  const facts = await gatherFacts(config, {
    nodeVersion: process.versions.node,
    nodeVersionMin,
    clock,
    folder: folderFact,
    probe: async (address) => await probeBroker(address, config.kafka),
    admin: kafkaTopicAdmin(client),
    configured: async () => await configuredRollouts(config),
    applied: async (configured) => await findApplied(config, configured),
    openSource: (topics) =>
      kafkaSource(client, { group: `${config.groupPrefix}.doctor.${randomUUID()}`, topics, clock }),
    decoder: createBatchDecoder({
      topics: config.inputs,
      schemas: confluentRegistry(config.registry),
      schemaCountMax: config.limits.schemaCountMax,
      // Nothing that is read here is kept.
      hashText: String,
    }),
    registry: registryProbe(config.registry),
  });
  return diagnose(facts);
}

/** None when the service never ran: then it has no topics yet. */
async function findApplied(
  config: ServiceConfig,
  configured: readonly RolloutFact[],
): Promise<readonly RolloutFact[]> {
  try {
    const opened = await connectApplied(config, () => {});
    try {
      return appliedRollouts(await readApplied(opened.topics), configured);
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (!(error instanceof CoalmineError)) throw error;
    if (error.code === 'topic_invalid') return [];
    return [{ ok: false, name: 'applied rollouts', why: error.message }];
  }
}
