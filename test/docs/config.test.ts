import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configRows, configTable } from '../support/config-rows.ts';
import { newAuthority } from '../support/secure/certificates.ts';
import { configOf, outside } from '../unit/app/service/configs.ts';

const text = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8');

describe('docs/config.md', () => {
  it('lists every key with its default and meaning, and no other (how to write it anew: schemas/README.md)', () => {
    expect(text.slice(text.indexOf('| key |')).trim()).toBe(configTable());
  });

  it('says of every key what it means', () => {
    expect(configRows().length).toBeGreaterThan(80);
    expect(configRows().filter(({ meaning }) => meaning === '')).toEqual([]);
  });
});

describe('docs/secure.md', () => {
  const secure = readFileSync(new URL('../../docs/secure.md', import.meta.url), 'utf8');
  const examples = [...secure.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, example = '']) => example,
  );
  const authority = newAuthority('an authority');
  const { cert, key } = authority.issue('coalmine');
  const files: Readonly<Record<string, string>> = {
    'etc/secrets/ca.pem': authority.cert,
    'etc/secrets/client.pem': cert,
    'etc/secrets/client-key.pem': key,
    'etc/secrets/client-secret': 's',
    'etc/secrets/registry-token': 's',
  };
  const variables = { KAFKA_PASSWORD: 's', REGISTRY_PASSWORD: 's' };

  it('has an example of each way to log in, and each can be read', () => {
    const logins = examples.map((example) => {
      const { kafka, registry } = configOf(example, outside(variables, files));
      return [kafka.sasl?.mechanism ?? null, registry.auth?.kind ?? null];
    });
    expect(logins).toEqual([
      ['scram-sha-512', 'basic'],
      [null, 'bearer'],
      ['oauthbearer', null],
    ]);
  });
});

describe('docs/limits.md', () => {
  const limits = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8');

  it('has the limits of the service with their defaults, and no other', () => {
    const [, section = ''] = limits.split('## In the config of the service');
    const rows = [...section.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)];
    const written = rows.map(([, key, fallback]) => [`limits.${key}`, `\`${fallback}\``]);
    const known = configRows().filter(({ key }) => key.startsWith('limits.'));
    expect(written).toEqual(known.map(({ key, fallback }) => [key, fallback]));
  });
});
