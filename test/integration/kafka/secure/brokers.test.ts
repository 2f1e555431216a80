import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkaWriter } from '../../../../src/adapters/kafka/writer.ts';
import { secretOf } from '../../../../src/app/service/config/secret.ts';
import { bytesOf, valuesOf } from '../../../contract/stream/world.ts';
import { newAuthority } from '../../../support/secure/certificates.ts';
import { secureBrokerMissing } from '../../../support/secure/secure-broker.ts';
import {
  attemptAt,
  byPassword,
  byToken,
  fromBeginning,
  newTopic,
  openThread,
  PASSWORDS,
  type PasswordMechanism,
  refusalsAt,
  type SecureWorld,
  secretsOf,
  secureWorld,
  TOKEN_LIFE_S,
  tlsOf,
  type Use,
  WRONG,
  writeAndRead,
} from './world.ts';

const missing = secureBrokerMissing();
const MECHANISMS = Object.keys(PASSWORDS) as PasswordMechanism[];
const REFUSED_MS_MAX = 8_000;
const ALL = ['writer', 'reader', 'thread'] as const;
const TWICE = ['over TLS', 'over TLS'];

describe.skipIf(missing !== null)('brokers that want TLS and a login', () => {
  let world: SecureWorld;
  beforeAll(async () => {
    world = await secureWorld();
  });
  afterAll(async () => {
    await world.end();
  });

  const tls = () => tlsOf(world.authority.cert);

  it.each(MECHANISMS)('are written and read by %s', async (mechanism) => {
    const sasl = byPassword(mechanism, PASSWORDS[mechanism]);
    const { client } = await attemptAt(world.broker.sasl, { tls: tls(), sasl });
    expect(await writeAndRead(client)).toEqual(TWICE);
  });

  it('are written and read by oauthbearer', async () => {
    const sasl = byToken(world, 'lasting');
    const { client } = await attemptAt(world.broker.sasl, { tls: tls(), sasl });
    expect(await writeAndRead(client)).toEqual(TWICE);
    // One for this thread, and one for the other.
    expect(world.tokens.given.get('lasting')).toHaveLength(2);
  });

  it('are written and read with a certificate of the client', async () => {
    const { cert, key } = world.authority.issue('coalmine');
    const mutual = { ...tls(), cert, key: secretOf(key) };
    const { client } = await attemptAt(world.broker.mutual, { tls: mutual, sasl: null });
    expect(await writeAndRead(client)).toEqual(TWICE);
  });

  it('are written and read under the name that their certificate carries', async () => {
    const { cert, key } = world.authority.issue('coalmine');
    const named = { ...tls(), cert, key: secretOf(key), serverName: 'localhost' };
    const byNumber = world.broker.mutual.replace('localhost', '127.0.0.1');
    const { client } = await attemptAt(byNumber, { tls: named, sasl: null });
    expect(await writeAndRead(client)).toEqual(TWICE);
  });

  async function expectRefused(
    broker: string,
    ways: Parameters<typeof attemptAt>[1],
    told: { readonly message: string; readonly hint: string; readonly uses?: readonly Use[] },
  ): Promise<void> {
    // A thread takes time to start, and says what a reader says: it is asked once for each kind of refusal.
    const uses = told.uses ?? ['writer', 'reader'];
    const refused = await refusalsAt(broker, ways, uses);
    for (const { error, text, tookMs } of refused) {
      expect(error).toMatchObject({
        code: 'broker_refused',
        retryable: false,
        message: expect.stringContaining(told.message),
        hints: [expect.stringContaining(told.hint)],
      });
      expect(error.message).toContain(broker);
      expect(tookMs).toBeLessThan(REFUSED_MS_MAX);
      for (const secret of secretsOf(world)) expect(text).not.toContain(secret);
    }
    expect(refused).toHaveLength(uses.length);
  }

  it.each(MECHANISMS)('refuse a wrong password by %s', async (mechanism) => {
    const ways = { tls: tls(), sasl: byPassword(mechanism, WRONG) };
    await expectRefused(world.broker.sasl, ways, {
      message: `the login by ${mechanism} is refused`,
      hint: 'Check username and password of kafka.sasl',
      ...(mechanism === 'scram-sha-512' ? { uses: ALL } : {}),
    });
  });

  it('refuse a token that another key has signed', async () => {
    const ways = { tls: tls(), sasl: byToken(world, 'forger') };
    await expectRefused(world.broker.sasl, ways, {
      message: 'refuses the token (invalid_token)',
      hint: 'trust the issuer',
      uses: ALL,
    });
  });

  it('are not reached without a token', async () => {
    const ways = { tls: tls(), sasl: byToken(world, 'lasting', WRONG) };
    const [refused] = await refusalsAt(world.broker.sasl, ways, ['thread']);
    expect(refused?.error).toMatchObject({
      code: 'broker_refused',
      message: `no token from ${world.tokens.httpUrl}: it answers 401`,
    });
    for (const secret of secretsOf(world)) expect(refused?.text).not.toContain(secret);
  });

  it('are not trusted when another authority has signed for them', async () => {
    const other = tlsOf(newAuthority('another authority').cert);
    const sasl = byPassword('plain', PASSWORDS.plain);
    const told = { message: 'no TLS', hint: 'Is kafka.tls.ca the authority', uses: ALL };
    await expectRefused(world.broker.sasl, { tls: other, sasl }, told);
  });

  it('are not trusted under a name that their certificate does not carry', async () => {
    const byNumber = world.broker.sasl.replace('localhost', '127.0.0.1');
    const ways = { tls: tls(), sasl: byPassword('plain', PASSWORDS.plain) };
    const told = { message: 'no TLS', hint: 'kafka.tls.serverName' };
    await expectRefused(byNumber, ways, told);
  });

  it('say that they speak TLS to a client that does not', async () => {
    const told = { message: 'speaks TLS, and was spoken to without', hint: 'Write kafka.tls' };
    const sasl = byPassword('plain', PASSWORDS.plain);
    await expectRefused(world.broker.sasl, { tls: null, sasl }, { ...told, uses: ALL });
    await expectRefused(world.broker.mutual, { tls: null, sasl: null }, told);
  });

  it('say that they want a login, and by which mechanisms', async () => {
    const told = { message: 'wants a login', hint: 'SCRAM-SHA-512' };
    await expectRefused(world.broker.sasl, { tls: tls(), sasl: null }, told);
  });

  it('say that they want a certificate of the client, of an authority that they know', async () => {
    const { cert, key } = newAuthority('another authority').issue('coalmine');
    const foreign = { ...tls(), cert, key: secretOf(key) };
    const told = { message: 'no TLS', hint: 'write kafka.tls.cert and kafka.tls.key' };
    await expectRefused(world.broker.mutual, { tls: tls(), sasl: null }, told);
    await expectRefused(world.broker.mutual, { tls: foreign, sasl: null }, told);
  });

  it('say that they speak no TLS, or want no login', async () => {
    const toPlain = { message: 'speaks no TLS', hint: 'Leave kafka.tls out' };
    await expectRefused(world.broker.plain, { tls: tls(), sasl: null }, toPlain);
    const sasl = byPassword('plain', PASSWORDS.plain);
    const told = { message: 'wants no login', hint: 'Leave kafka.sasl out' };
    await expectRefused(world.broker.plain, { tls: null, sasl }, told);
  });

  async function hastyPair() {
    const ways = (client: 'hasty' | 'hasty-thread') => ({
      tls: tls(),
      sasl: byToken(world, client),
    });
    const writing = await attemptAt(world.broker.sasl, ways('hasty'));
    const reading = await attemptAt(world.broker.sasl, ways('hasty-thread'));
    const topic = await newTopic(writing.client);
    const writer = kafkaWriter(writing.client);
    const source = openThread(reading.client, topic);
    await fromBeginning(source, topic);
    return {
      /** Writes a record at a time until that is over; between them nobody says anything. */
      write: async (lives: number) => {
        const beganMs = performance.now();
        while (performance.now() - beganMs < lives * TOKEN_LIFE_S * 1_000) {
          await writer.send(topic, [{ key: 'k', value: bytesOf('one more') }]);
          await wait(200);
        }
      },
      /** Reads on until there is a record of this text; what was lost is begun anew. */
      readTo: async (text: string) => {
        await writer.send(topic, [{ key: 'k', value: bytesOf(text) }]);
        for (;;) {
          const event = await source.poll(1_000);
          if (event?.kind === 'assigned')
            await source.resume([{ topic, partition: 0, offset: 'earliest' }]);
          if (event?.kind === 'batch' && valuesOf([event.batch]).includes(text)) return;
        }
      },
      warnings: () => [...writing.said, ...reading.said].filter((line) => line.includes('"warn"')),
      close: async () => {
        await writer.close();
        await source.close();
      },
    };
  }

  it('throw nobody out whose tokens live for seconds, for they are renewed in time', async () => {
    const pair = await hastyPair();
    // Sessions end with their tokens: without a new login nothing would come through after the first.
    await pair.write(1.6);
    await pair.readTo('the end');
    await pair.close();
    for (const client of ['hasty', 'hasty-thread'])
      expect(world.tokens.given.get(client)?.length).toBeGreaterThanOrEqual(3);
    expect(pair.warnings()).toEqual([]);
  });

  it('are written and read again when the token server was away for longer than a token lives', async () => {
    const pair = await hastyPair();
    world.tokens.setAway(true);
    const written = pair.write(1.3);
    await wait(1.15 * TOKEN_LIFE_S * 1_000);
    world.tokens.setAway(false);
    await written;
    await pair.readTo('the end');
    await pair.close();
    expect(pair.warnings().join('\n')).toContain('it answers 503');
  });
});
