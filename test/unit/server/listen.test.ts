import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { listen } from '../../../src/server/listen.ts';

const LOCAL = { host: '127.0.0.1', port: 0 };

describe('listening', () => {
  it('answers on a free port until it is closed', async () => {
    const app = new Hono().get('/', (context) => context.text('here'));
    const server = await listen(app, LOCAL);
    expect(await (await fetch(server.url)).text()).toBe('here');
    await server.close();
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });

  it('ends the requests that run before it closes', async () => {
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const app = new Hono().get('/', async (context) => {
      begun.resolve();
      await go.promise;
      return context.text('late');
    });
    const server = await listen(app, LOCAL);
    const answer = fetch(server.url);
    await begun.promise;
    const closed = server.close();
    go.resolve();
    expect(await (await answer).text()).toBe('late');
    await closed;
  });

  it('says so when the port is in use', async () => {
    const server = await listen(new Hono(), LOCAL);
    const port = Number(new URL(server.url).port);
    await expect(listen(new Hono(), { ...LOCAL, port })).rejects.toMatchObject({
      code: 'config_invalid',
      hints: ['the port is in use: change http.port'],
    });
    await server.close();
  });
});
