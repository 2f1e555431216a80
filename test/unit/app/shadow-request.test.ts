import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outsideOf } from '../../../src/app/service/config/outside.ts';
import { loadRequestFile } from '../../../src/app/shadow-request.ts';

const OUTSIDE = outsideOf({ TOKEN: 'Bearer {{x}}' });

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coalmine-request-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function load(text: string) {
  const path = join(folder, 'request.yaml');
  writeFileSync(path, text);
  return loadRequestFile(path, OUTSIDE);
}

describe('a request file', () => {
  it('says how the canary is asked, and where its answer holds what', async () => {
    const text = `
method: PUT
timeout: 250ms
headers:
  Authorization: { env: TOKEN }
  X-Tenant: "{{context.tenant}}"
body: { instances: [["{{features.a}}", 1, null]] }
answer: { score: "$.p[0]", label: { constant: yes } }
`;
    expect(await load(text)).toEqual({
      method: 'PUT',
      timeoutMs: 250,
      shape: {
        body: { instances: [['{{features.a}}', 1, null]] },
        headers: { 'x-tenant': '{{context.tenant}}' },
        fixedHeaders: { authorization: 'Bearer {{x}}' },
      },
      answer: { score: { path: '$.p[0]' }, label: { constant: 'yes' } },
    });
  });

  it('may be JSON, and may be nearly empty', async () => {
    expect(await load('{"timeout": "1s"}')).toMatchObject({
      method: 'POST',
      timeoutMs: 1_000,
      shape: { body: { request_id: '{{request_id}}', features: '{{features}}' }, headers: {} },
      answer: {},
    });
  });

  it('names every problem with its line', async () => {
    const broken = load('method: GET\nheaders: { "a b": x }\nanswer:\n  scores: $.p\n');
    await expect(broken).rejects.toMatchObject({
      code: 'config_invalid',
      hints: [
        expect.stringMatching(/request\.yaml:1:1 method: /),
        expect.stringMatching(/request\.yaml:2:\d+ headers/),
        expect.stringMatching(/request\.yaml:3:1 answer: .*scores/),
      ],
    });
  });

  it('says where a secret would have come from, and never what it is', async () => {
    await expect(load('headers: { authorization: { env: NONE } }')).rejects.toMatchObject({
      code: 'config_invalid',
      hints: [
        expect.stringMatching(/:1:29 headers\.authorization\.env: neither NONE nor NONE_FILE/),
      ],
    });
  });

  it('says so when it is no YAML, or not there', async () => {
    await expect(load('a: [')).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(loadRequestFile(join(folder, 'none.yaml'), OUTSIDE)).rejects.toMatchObject({
      code: 'input_missing',
    });
  });
});
