import { Agent, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { debianProgram } from '../../support/debian-program.ts';
import { type ModelServer, startModelServer } from './model-server.ts';
import { type Nginx, startNginx } from './nginx-process.ts';

const program = debianProgram('nginx', 'nginx-light');

describe.runIf(program !== null)('infra/mirror/nginx.conf', () => {
  let current: ModelServer;
  let canary: ModelServer;
  let nginx: Nginx;

  beforeEach(async () => {
    [current, canary] = await Promise.all([
      startModelServer('current'),
      startModelServer('canary'),
    ]);
    nginx = await startNginx(program ?? '', {
      file: 'mirror/nginx.conf',
      listen: 'listen 127.0.0.1:8088;',
      places: { '127.0.0.1:9001': current.address, '127.0.0.1:9002': canary.address },
    });
    // That it answers was asked of both.
    await canary.until(1);
    current.received.length = 0;
    canary.received.length = 0;
  });

  afterEach(async () => {
    await nginx.stop();
    await Promise.all([current.stop(), canary.stop()]);
  });

  it('gives both models the same request id and body, and tells the user the id', async () => {
    const body = JSON.stringify({ features: { amount: 12.5, note: 'é'.repeat(200_000) } });
    const answer = await fetch(`${nginx.url}/score?v=1&w=a%20b`, { method: 'POST', body });
    expect(await answer.json()).toEqual({ by: 'current' });
    await canary.until(1);
    const [[asked], [copied]] = [current.received, canary.received];
    const id = answer.headers.get('x-request-id');
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(asked).toMatchObject({ path: '/score?v=1&w=a%20b', body });
    expect(copied).toMatchObject({ path: '/score?v=1&w=a%20b', body });
    expect([asked?.headers['x-request-id'], copied?.headers['x-request-id']]).toEqual([id, id]);
    expect(copied?.headers.host).toBe(asked?.headers.host);
  });

  it('tells the canary, and nobody else, that its answer goes nowhere', async () => {
    await fetch(nginx.url);
    await canary.until(1);
    expect(current.received[0]?.headers).not.toHaveProperty('x-coalmine-shadow');
    expect(canary.received[0]?.headers['x-coalmine-shadow']).toBe('1');
  });

  it('keeps the id of a gateway in front, and makes another for each request without one', async () => {
    const kept = await fetch(nginx.url, { headers: { 'x-request-id': 'gateway-7' } });
    const made = [await fetch(nginx.url), await fetch(nginx.url)];
    await canary.until(3);
    const ids = [kept, ...made].map((answer) => answer.headers.get('x-request-id'));
    expect(ids[0]).toBe('gateway-7');
    expect(new Set(ids).size).toBe(3);
    expect(current.received.map(({ headers }) => headers['x-request-id'])).toEqual(ids);
    const copied = canary.received.map(({ headers }) => headers['x-request-id']);
    expect(new Set(copied)).toEqual(new Set(ids));
  });

  it('answers the user when the canary is down', async () => {
    await canary.stop();
    const answers = await Promise.all([1, 2, 3].map(async () => await fetch(nginx.url)));
    expect(await Promise.all(answers.map(async (one) => await one.json()))).toEqual(
      Array.from({ length: 3 }, () => ({ by: 'current' })),
    );
    canary = await startModelServer('canary');
  });

  it('answers the user with what current said when the canary fails', async () => {
    canary.behave.status = 500;
    const answer = await fetch(nginx.url);
    await canary.until(1);
    expect([answer.status, await answer.json()]).toEqual([200, { by: 'current' }]);
    // A second try would be a second answer under the same id.
    expect(canary.received).toHaveLength(1);
  });

  it('answers the user at once when the canary hangs, and lets the next on that connection wait for it no longer than a second', async () => {
    canary.behave.delayMs = 20_000;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await timed(nginx.url, agent);
    const second = await timed(nginx.url, agent);
    agent.destroy();
    expect([first.body, second.body]).toEqual(['{"by":"current"}', '{"by":"current"}']);
    expect(first.ms).toBeLessThan(500);
    expect(second.ms).toBeGreaterThan(500);
    expect(second.ms).toBeLessThan(3_000);
  });
});

function timed(url: string, agent: Agent): Promise<{ readonly ms: number; readonly body: string }> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => {
        resolve({ ms: performance.now() - begun, body });
      });
    });
    sent.on('error', reject).end();
  });
}
