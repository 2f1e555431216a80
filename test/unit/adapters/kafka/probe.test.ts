import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { probeBroker, unspokenApis } from '../../../../src/adapters/kafka/probe.ts';

const SETTINGS = { tls: null, connectionTimeoutMs: 300 };
const servers: Server[] = [];

/** A server that answers whatever it is sent in this way; its address. */
async function serverThat(answer: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      answer(socket);
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Length, correlation id 7, no error, one request: Produce from 3 to 9. */
const ANSWER = Buffer.from([0, 0, 0, 16, 0, 0, 0, 7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 9]);

describe('a probe of a broker', () => {
  it('hears which requests it understands, also in pieces', async () => {
    const address = await serverThat((socket) => {
      socket.write(ANSWER.subarray(0, 9));
      setImmediate(() => socket.write(ANSWER.subarray(9)));
    });
    expect(await probeBroker(address, SETTINGS)).toMatchObject({
      kind: 'answers',
      apis: [{ api: 0, min: 3, max: 9 }],
    });
  });

  it.each([
    [
      'something else',
      (socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'what answers there is no Kafka broker',
    ],
    ['nothing', () => {}, 'no answer within 300 ms'],
    ['an end', (socket: Socket) => socket.destroy(), 'the connection was closed without an answer'],
  ])('that hears %s says so', async (_what, answer, why) => {
    const address = await serverThat(answer);
    expect(await probeBroker(address, SETTINGS)).toEqual({ kind: 'silent', why });
  });

  it('where nobody listens says so, whatever the form of the address', async () => {
    for (const address of ['127.0.0.1:1', '[::1]:1']) {
      const answer = await probeBroker(address, SETTINGS);
      expect(answer).toMatchObject({ kind: 'silent' });
    }
  });

  it('with TLS does not take a plain answer for one', async () => {
    const address = await serverThat((socket) => socket.write(ANSWER));
    const tls = { ca: null, cert: null, key: null, serverName: 'broker' };
    const answer = await probeBroker(address, { ...SETTINGS, tls });
    expect(answer).toMatchObject({ kind: 'silent' });
  });
});

describe('requests that are spoken', () => {
  const all = Array.from({ length: 40 }, (_, api) => ({ api, min: 0, max: 20 }));

  it('are all there in a broker of today', () => {
    expect(unspokenApis(all)).toEqual([]);
  });

  it('are named when a broker is too old, too new, or lacks one', () => {
    const others = all
      .filter(({ api }) => api !== 19)
      .map((one) => (one.api === 0 ? { ...one, max: 2 } : one))
      .map((one) => (one.api === 1 ? { ...one, min: 12 } : one));
    expect(unspokenApis(others)).toEqual([
      'Produce 0 to 2, spoken 3 to 7',
      'Fetch 12 to 20, spoken 4 to 11',
      'CreateTopics: not understood',
    ]);
  });
});
