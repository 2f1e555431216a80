import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

const KEEP_ALIVE_MS = 60_000;

/** A broker's address. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/** The connections of a client, which hands none of them out. */
export class OpenSockets {
  readonly #open = new Map<string, Set<Socket>>();

  /** As the client makes them itself. */
  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const at = { host, port };
    // The typings do not say that it is missing without TLS.
    const tls: typeof ssl | undefined = ssl;
    // A number is no name that can be asked for.
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket =
      tls === undefined || tls === null
        ? connectPlain(at, onConnect)
        : connectTls({ ...at, ...name, ...tls }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#keep(keyOf(at), socket);
    return socket;
  };

  /** Ends all connections to that address; the client opens them anew. */
  cut(at: Address): void {
    for (const socket of this.#open.get(keyOf(at)) ?? []) {
      socket.destroy(new Error('the login failed'));
    }
  }

  #keep(key: string, socket: Socket): void {
    const sockets = this.#open.get(key) ?? new Set();
    this.#open.set(key, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0 && this.#open.get(key) === sockets) this.#open.delete(key);
    });
  }
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`;
}
