import type { AuthenticationProviderArgs, Mechanism } from 'kafkajs';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { OpenSockets } from './open-sockets.ts';

/** What separates the parts of a message of this mechanism (RFC 7628, 3.1). */
const SEPARATOR = '\u0001';
const LENGTH_BYTES = 4;

/**
 * OAUTHBEARER in the place of the client's own, which takes a refused token for an accepted one: the broker
 * answers such a token without an error code, and cuts the connection at the next request.
 *
 * @param provide a token, or a rejection when there is none
 */
export function oauthMechanism(
  provide: () => Promise<{ readonly value: string }>,
  sockets: Pick<OpenSockets, 'cut'>,
): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: (args) => ({
      authenticate: async () => {
        try {
          const { value } = await provide();
          await logIn(value, args);
        } catch (error) {
          // The handshake was begun: what comes next on this connection would be out of turn.
          sockets.cut(args);
          throw error;
        }
      },
    }),
  };
}

async function logIn(
  token: string,
  { host, port, saslAuthenticate }: AuthenticationProviderArgs,
): Promise<void> {
  const message = `n,,${SEPARATOR}auth=Bearer ${token}${SEPARATOR}${SEPARATOR}`;
  const answer = await saslAuthenticate({
    request: { encode: () => withLength(Buffer.from(message)) },
    response: { decode: (bytes) => bytes.subarray(LENGTH_BYTES), parse: String },
  });
  // Accepted: nothing. Refused: JSON with a status (RFC 7628, 3.2.2).
  if (answer === undefined || answer === '') return;
  const broker = `${host}:${port}`;
  throw new CoalmineError('broker_refused', `${broker} refuses the token (${statusOf(answer)})`, {
    hints: [
      'Do the brokers trust the issuer and its keys, and is the audience theirs? See tokenUrl and scope of kafka.sasl; their log says why.',
    ],
  });
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function statusOf(answer: string): string {
  const [, status] = /"status"\s*:\s*"([\w-]{1,60})"/.exec(answer) ?? [];
  return status ?? 'it does not say why';
}
