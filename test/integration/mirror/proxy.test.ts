import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
        'root /data;': `root ${data};`,
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
    expect((await fetch(`${nginx.url}/routing.json`)).status).toBe(404);
    for (const share of [0.01, 0.05]) {
      writeFileSync(join(data, 'aside'), JSON.stringify({ share }));
      renameSync(join(data, 'aside'), join(data, 'routing.json'));
      const answer = await fetch(`${nginx.url}/routing.json`);
      expect(await answer.json()).toEqual({ share });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('content-type')).toBe('application/json');
    }
  });

  it('passes the rest on, and nothing else of the data', async () => {
    writeFileSync(join(data, 'coalmine.duckdb'), 'secret');
    expect(await (await fetch(`${nginx.url}/coalmine.duckdb`)).json()).toEqual({ by: 'coalmine' });
    const answer = await fetch(`${nginx.url}/rollouts?a=1`);
    expect(await answer.json()).toEqual({ by: 'coalmine' });
    expect(coalmine.received.at(-1)?.path).toBe('/rollouts?a=1');
  });
});
