import type { BreakingSchema } from '../../../adapters/registry/registry-probe.ts';
import { type Check, mendOf } from './check.ts';
import type { DoctorFacts } from './facts.ts';

/** Whether the registry answers, and whether it keeps schemas from breaking what was written. */
export function checkRegistry({
  registry,
  config,
}: Pick<DoctorFacts, 'registry' | 'config'>): readonly Check[] {
  const { url } = config.registry;
  const line = { area: 'registry', subject: url };
  if (!registry.ok) {
    const mend =
      'start it, or correct registry.url (with the path that it needs: /apis/ccompat/v7 for Apicurio) and registry.auth';
    const { why, hints } = registry;
    return [{ ...line, status: 'error', seen: why, mend: mendOf(hints, mend) }];
  }
  const { greeting, anew, subjects } = registry.value;
  const seen = `answers in ${Math.ceil(greeting.tookMs)} ms, has ${greeting.subjects.length} subjects`;
  return [
    { ...line, status: 'ok', seen, mend: null },
    checkRule('new subjects', anew, 'PUT /config {"compatibility": "BACKWARD"}'),
    ...subjects.map(({ subject, breaking }) =>
      checkRule(subject, breaking, `PUT /config/${subject} {"compatibility": "BACKWARD"}`),
    ),
  ];
}

function checkRule(of: string, breaking: BreakingSchema, command: string): Check {
  const line = { area: 'registry', subject: `compatibility of ${of}` };
  switch (breaking.kind) {
    case 'refused':
      return { ...line, status: 'ok', seen: 'a schema that breaks readers is refused', mend: null };
    case 'accepted':
      return {
        ...line,
        status: 'warning',
        seen: 'a schema that breaks readers is let in: records of such a producer become dead letters',
        mend: `set it in the registry: ${command}`,
      };
    case 'not_told':
      return {
        ...line,
        status: 'warning',
        seen: `could not be tried: ${breaking.why}`,
        mend: `make sure that it is BACKWARD: ${command}`,
      };
  }
}
