import { once } from 'node:events';
import { type AddressInfo, createServer as createPlain, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { KafkaJSConnectionError } from 'kafkajs';
import { afterEach, describe, expect, it } from 'vitest';
import { whyCutOff } from '../../../../src/adapters/kafka/cut-off.ts';
import { faultOf } from '../../../../src/adapters/kafka/faults.ts';
import { probeBroker } from '../../../../src/adapters/kafka/probe.ts';
import type { KafkaSettings } from '../../../../src/adapters/kafka/settings.ts';
import { newAuthority } from '../../../support/secure/certificates.ts';
import { PLAIN } from './settings-of.ts';

const servers: Server[] = [];
const authority = newAuthority('an authority');
const TLS = { ca: authority.cert, cert: null, key: null, serverName: 'localhost' };

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Cuts every connection at its first bytes, unless they ask for what it knows. */
async function broker(
  answers: Readonly<Record<number, Buffer>>,
  overTls: boolean,
): Promise<string> {
  const listener = (socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      const answer = bytes[0] === 0 && bytes.length > 5 ? answers[bytes.readInt16BE(4)] : undefined;
      if (answer === undefined) socket.destroy();
      else socket.write(answer);
    });
  };
  const identity = authority.issue('broker', ['localhost']);
  const server = overTls ? createTls(identity, listener) : createPlain(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** After the length: the correlation id, and what follows. */
function answerOf(...bytes: readonly number[]): Buffer {
  return Buffer.from([0, 0, 0, 4 + bytes.length, 0, 0, 0, 7, ...bytes]);
}

const VERSIONS = answerOf(0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 9);
const MECHANISMS = (code: number, ...names: readonly string[]) =>
  answerOf(
    0,
    code,
    0,
    0,
    0,
    names.length,
    ...names.flatMap((name) => [0, name.length, ...Buffer.from(name)]),
  );

async function told(address: string, ways: Partial<Pick<KafkaSettings, 'tls' | 'sasl'>>) {
  const settings = { ...PLAIN, connectionTimeoutMs: 500, ...ways };
  const lost = new KafkaJSConnectionError('Closed connection', { broker: address });
  const thrown = Object.assign(lost, { name: 'KafkaJSConnectionClosedError' });
  return await whyCutOff(faultOf(thrown, 'asking', settings), settings);
}

describe('a broker that cuts the connection', () => {
  it('speaks TLS, and the config has none', async () => {
    const address = await broker({}, true);
    expect(await told(address, { tls: null })).toMatchObject({
      error: {
        code: 'broker_refused',
        message: `${address} speaks TLS, and was spoken to without`,
        hints: [expect.stringContaining('Write kafka.tls')],
      },
      waiting: 'no',
    });
    expect(await probeBroker(address, PLAIN)).toMatchObject({
      kind: 'silent',
      why: `${address} speaks TLS, and was spoken to without`,
    });
  });

  it('speaks none, and the config has it', async () => {
    const address = await broker({ 18: VERSIONS }, false);
    expect(await told(address, { tls: TLS })).toMatchObject({
      error: { message: `${address} speaks no TLS` },
      waiting: 'no',
    });
  });

  it.each([
    [0, ['PLAIN', 'SCRAM-SHA-512']],
    [33, ['OAUTHBEARER']],
  ])('wants a login, by what it names (code %i)', async (code, names) => {
    const address = await broker({ 17: MECHANISMS(code, ...names) }, true);
    expect(await told(address, { tls: TLS })).toMatchObject({
      error: {
        message: `${address} wants a login`,
        hints: [`Write kafka.sasl into the config; it has ${names.join(', ')}.`],
      },
      waiting: 'no',
    });
  });

  it('and answers nothing at all goes down, and is waited for', async () => {
    expect(await told(await broker({}, false), {})).toMatchObject({
      error: { code: 'broker_unavailable' },
      waiting: 'helps',
    });
    expect(await told(await broker({ 17: MECHANISMS(34) }, false), {})).toMatchObject({
      waiting: 'helps',
    });
    expect(await told(await broker({}, true), { tls: TLS })).toMatchObject({ waiting: 'helps' });
  });
});
