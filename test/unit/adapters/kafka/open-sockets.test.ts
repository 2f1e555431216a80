import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { OpenSockets } from '../../../../src/adapters/kafka/open-sockets.ts';
import { newAuthority } from '../../../support/secure/certificates.ts';

const authority = newAuthority('an authority');

describe('the connections of a client', () => {
  it.each(['TLS', 'no TLS'])('to one address are cut together, with %s', async (way) => {
    const server =
      way === 'TLS' ? createTls(authority.issue('broker', ['localhost'])) : createServer();
    server.on('connection', (socket) => socket.on('error', () => {}));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sockets = new OpenSockets();
    // The client hands over nothing where there is no TLS, whatever its typings say.
    const ssl = (way === 'TLS' ? { ca: authority.cert } : null) as { readonly ca: string };
    const opened = await Promise.all(
      ['localhost', 'localhost', '127.0.0.1'].map(async (host) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        const named = way === 'TLS' ? { ...ssl, servername: 'localhost' } : ssl;
        const socket = sockets.factory({ host, port, ssl: named, onConnect: resolve });
        await promise;
        return socket;
      }),
    );
    const failures = opened.slice(0, 2).map(async (socket) => await once(socket, 'error'));
    sockets.cut({ host: 'localhost', port });
    expect((await Promise.all(failures)).flat().map(String)).toEqual([
      'Error: the login failed',
      'Error: the login failed',
    ]);
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true, true, false]);
    for (const socket of opened) socket.destroy();
    server.close();
  });
});
