import { describe, expect, it } from 'vitest';
import { oauthMechanism } from '../../../../src/adapters/kafka/oauth-login.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';

type Args = Parameters<ReturnType<typeof oauthMechanism>['authenticationProvider']>[0];

/** A broker that answers a login with this text; what it was sent, and which addresses were cut. */
async function logIn(answer: string, provide = async () => ({ value: 'a.token' })) {
  const sent: string[] = [];
  const cut: string[] = [];
  const saslAuthenticate: Args['saslAuthenticate'] = async ({ request, response }) => {
    sent.push((await request.encode()).toString('latin1'));
    const bytes = Buffer.from(`\0\0\0${String.fromCharCode(answer.length)}${answer}`);
    return response === undefined ? undefined : response.parse(await response.decode(bytes));
  };
  const mechanism = oauthMechanism(provide, {
    cut: ({ host, port }) => cut.push(`${host}:${port}`),
  });
  // Of the log of the client nothing is used.
  const args = { host: 'one', port: 9092, saslAuthenticate } as Args;
  const error: unknown = await mechanism
    .authenticationProvider(args)
    .authenticate()
    .catch((thrown: unknown) => thrown);
  return { sent, cut, error };
}

describe('a login by token', () => {
  it('sends it in the form of RFC 7628, and is over at an empty answer', async () => {
    const { sent, cut, error } = await logIn('');
    expect(sent).toEqual([`\0\0\0\x19n,,\x01auth=Bearer a.token\x01\x01`]);
    expect([cut, error]).toEqual([[], undefined]);
  });

  it.each([
    ['{"status":"invalid_token","scope":"kafka"}', 'invalid_token'],
    ['{"scope":"kafka"}', 'it does not say why'],
  ])('that is refused by %s is an error, and the connection is cut', async (answer, why) => {
    const { cut, error } = await logIn(answer);
    expect(error).toMatchObject({
      code: 'broker_refused',
      message: `one:9092 refuses the token (${why})`,
    });
    expect(cut).toEqual(['one:9092']);
  });

  it('without a token leaves no connection behind in the middle of a login', async () => {
    const away = new CoalmineError('broker_unavailable', 'no token');
    const { sent, cut, error } = await logIn('', async () => await Promise.reject(away));
    expect(error).toBe(away);
    expect([sent, cut]).toEqual([[], ['one:9092']]);
  });
});
