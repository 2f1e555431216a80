import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { debianProgram } from '../../support/debian-program.ts';
import { type ModelServer, startModelServer } from './model-server.ts';
import { type Nginx, startNginx } from './nginx-process.ts';

const program = debianProgram('nginx', 'nginx-light');

describe.runIf(program !== null)('infra/compose/proxy.conf', () => {
  let coalmine: ModelServer;
  let nginx: Nginx;
  let data: string;

  beforeEach(async () => {
    coalmine = await startModelServer('coalmine');
    data = mkdtempSync(join(tmpdir(), 'coalmine-proxy-'));
    // Its workers are not root, and read what anybody may.
    chmodSync(data, 0o755);
    nginx = await startNginx(program ?? '', {
      file: 'compose/proxy.conf',
      listen: 'listen 8088;',
      places: {
        'alias /data/rollouts/': `alias ${data}/rollouts/`,
        'http://coalmine:8080': `http://${coalmine.address}`,
      },
    });
  });

  afterEach(async () => {
    await nginx.stop();
    await coalmine.stop();
    rmSync(data, { recursive: true });
  });

  it('gives out the routing table as it is now', async () => {
    const url = `${nginx.url}/routing/fraud-v7.1.json`;
    expect((await fetch(url)).status).toBe(404);
    const folder = join(data, 'rollouts/fraud-v7.1');
    mkdirSync(folder, { recursive: true });
    for (const share of [0.01, 0.05]) {
      writeFileSync(join(data, 'aside'), JSON.stringify({ share }));
      renameSync(join(data, 'aside'), join(folder, 'routing.json'));
      const answer = await fetch(url);
      expect(await answer.json()).toEqual({ share });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('content-type')).toBe('application/json');
    }
  });

  it('passes the rest on, and nothing else of the data', async () => {
    mkdirSync(join(data, 'rollouts'));
    writeFileSync(join(data, 'rollouts/coalmine.duckdb'), 'secret');
    for (const path of ['rollouts/coalmine.duckdb', 'routing/coalmine.duckdb', 'routing/..json']) {
      expect(await (await fetch(`${nginx.url}/${path}`)).text()).not.toContain('secret');
    }
    const answer = await fetch(`${nginx.url}/rollouts?a=1`);
    expect(await answer.json()).toEqual({ by: 'coalmine' });
    expect(coalmine.received.at(-1)?.path).toBe('/rollouts?a=1');
  });
});
