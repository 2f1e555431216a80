import { compileFieldMap, type FieldMapProblem } from '../../../core/events/field-map-compile.ts';
import { compilePrivacy } from '../../../core/events/privacy.ts';
import { OWN_TOPICS, type OwnTopic } from '../../../pipeline/stream/messages.ts';
import { durationMs } from '../../plan/duration.ts';
import type { Finding, PlanPath } from '../../plan/problem.ts';
import { nearest } from '../../plan/suggest.ts';
import type { InputTopic } from '../service-config.ts';
import { fillInputs } from './fill-inputs.ts';
import type { SaslDocument, ServiceDocument } from './shape.ts';

/** What is wrong in a document whose every value has the right form. */
export function lintConfig(document: ServiceDocument): readonly Finding[] {
  return [
    ...lintKafka(document.kafka),
    ...lintRegistry(document.registry),
    ...lintNames(document),
    ...lintInputs(document),
    ...lintRollouts(document),
  ];
}

function lintKafka({ tls, sasl, ...kafka }: ServiceDocument['kafka']): readonly Finding[] {
  const findings: Finding[] = sasl === undefined ? [] : [...lintSasl(sasl)];
  if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
    const message = 'a certificate and its key come together: cert and key';
    findings.push({ path: ['kafka', 'tls', tls?.cert === undefined ? 'key' : 'cert'], message });
  }
  if (3 * durationMs(kafka.heartbeatInterval) > durationMs(kafka.sessionTimeout)) {
    const message = `must be at most a third of sessionTimeout (${kafka.sessionTimeout}): a late heartbeat would end the session`;
    findings.push({ path: ['kafka', 'heartbeatInterval'], message });
  }
  return findings;
}

const OF_PASSWORD = ['username', 'passwordFrom'] as const;
const OF_OAUTH = ['tokenUrl', 'clientId', 'clientSecretFrom'] as const;

function lintSasl(sasl: SaslDocument): readonly Finding[] {
  const isOauth = sasl.mechanism === 'oauthbearer';
  const [needed, foreign] = isOauth
    ? [OF_OAUTH, OF_PASSWORD]
    : [OF_PASSWORD, [...OF_OAUTH, 'scope' as const]];
  const path = ['kafka', 'sasl'];
  return [
    ...needed
      .filter((key) => sasl[key] === undefined)
      .map((key) => ({ path: [...path, key], message: `is missing: ${sasl.mechanism} needs it` })),
    ...foreign
      .filter((key) => sasl[key] !== undefined)
      .map((key) => ({
        path: [...path, key],
        message: `is not of ${sasl.mechanism}`,
        validValues: needed,
      })),
  ];
}

function lintRegistry({ auth }: ServiceDocument['registry']): readonly Finding[] {
  if (auth === undefined || (auth.basic === undefined) !== (auth.bearer === undefined)) return [];
  return [
    {
      path: ['registry', 'auth'],
      message: 'needs exactly one of basic, bearer',
      validValues: ['basic', 'bearer'],
    },
  ];
}

/** Our own topics are told apart by their names, and nobody else writes them. */
function lintNames({ topics, inputs }: ServiceDocument): readonly Finding[] {
  const owners = new Map<string, OwnTopic>();
  const findings: Finding[] = [];
  for (const own of ownTopics()) {
    const { name } = topics[own];
    const first = owners.get(name);
    if (first === undefined) owners.set(name, own);
    else
      findings.push({
        path: ['topics', own, 'name'],
        message: `${name} is the name of topics.${first} too`,
        validValues: ['another name'],
      });
  }
  for (const [i, { topic }] of (inputs ?? []).entries()) {
    const owner = owners.get(topic);
    const path = ['inputs', i, 'topic'];
    if (owner !== undefined)
      findings.push({
        path,
        message: `${topic} is a topic of the service itself (topics.${owner})`,
      });
    if (inputs?.findIndex((other) => other.topic === topic) !== i)
      findings.push({ path, message: `${topic} is listed twice`, validValues: ['once'] });
  }
  return findings;
}

function ownTopics(): readonly OwnTopic[] {
  // The keys of a constant of ours.
  return Object.keys(OWN_TOPICS) as OwnTopic[];
}

function lintInputs({ inputs, privacyKeyFrom }: ServiceDocument): readonly Finding[] {
  if (inputs === undefined) return [];
  return fillInputs(inputs, []).flatMap((input, i) => [
    ...lintInput(input, i),
    ...(input.privacy.hash.length > 0 && privacyKeyFrom === undefined ? [keyless(i)] : []),
  ]);
}

function keyless(i: number): Finding {
  const message =
    'needs a key: write privacyKeyFrom: { env: NAME } or privacyKeyFrom: { file: PATH }';
  return { path: ['inputs', i, 'privacy', 'hash'], message };
}

function lintInput({ fieldMap, privacy }: InputTopic, i: number): readonly Finding[] {
  const map = compileFieldMap(fieldMap);
  const rules = compilePrivacy(privacy, String);
  const under = (path: PlanPath, problems: readonly FieldMapProblem[]) =>
    problems.map(({ at, detail }) => ({
      path: ['inputs', i, ...path, ...at.split('.')],
      message: detail,
    }));
  return [
    ...(map.ok ? [] : under(['fieldMap'], map.problems)),
    ...(rules.ok ? [] : under([], rules.problems)),
  ];
}

function lintRollouts({ rollouts, inputs, limits }: ServiceDocument): readonly Finding[] {
  const findings = rollouts.flatMap((rollout, i) => [
    ...samePlan(rollouts, i),
    ...(['current', 'canary', 'outcomes'] as const).flatMap((side) =>
      unknownInput(rollout[side], { path: ['rollouts', i, side], inputs }),
    ),
  ]);
  if (rollouts.length <= limits.rolloutCountMax) return findings;
  const message = `${rollouts.length} rollouts are more than limits.rolloutCountMax (${limits.rolloutCountMax})`;
  return [...findings, { path: ['rollouts'], message }];
}

function samePlan(rollouts: ServiceDocument['rollouts'], i: number): readonly Finding[] {
  const plan = rollouts[i]?.plan;
  if (rollouts.findIndex((other) => other.plan === plan) === i) return [];
  return [{ path: ['rollouts', i, 'plan'], message: `${plan} is the plan of another rollout too` }];
}

/** Written inputs are all that there are: how another topic is read, and what of it is kept, was not said. */
function unknownInput(
  topic: string | null | undefined,
  { path, inputs }: { readonly path: PlanPath; readonly inputs: ServiceDocument['inputs'] },
): readonly Finding[] {
  const topics = inputs?.map((input) => input.topic);
  if (topics === undefined || typeof topic !== 'string' || topics.includes(topic)) return [];
  return [
    {
      path,
      message: `${topic} is none of the inputs that are written: list it there`,
      validValues: topics,
      suggestion: nearest(topic, topics),
    },
  ];
}
