import { connect as connectTls } from 'node:tls';
import { addressOf, type ExchangeSettings, exchange, requestOf } from './exchange.ts';
import type { Refusal } from './refusals.ts';

/** ApiVersions, version 0: what every client asks first. It needs no login. */
export const API_VERSIONS = requestOf(18, 0, Buffer.alloc(0));

/**
 * What a broker that cut the connection is to be told: with TLS or without it is spoken to in the other way.
 * Null when it does not answer to that either.
 *
 * @param address `host:port`
 */
export async function tlsMismatch(
  address: string,
  settings: ExchangeSettings,
): Promise<Refusal | null> {
  if (settings.tls === null) {
    if (!(await speaksTls(address, settings.connectionTimeoutMs))) return null;
    const hint = 'Write kafka.tls into the config, with ca where the authority is your own.';
    return { message: `${address} speaks TLS, and was spoken to without`, hints: [hint] };
  }
  const inTheClear = await exchange(address, API_VERSIONS, { ...settings, tls: null });
  if (inTheClear.kind !== 'answer') return null;
  const hint = 'Leave kafka.tls out, or name the port of the brokers that speaks TLS.';
  return { message: `${address} speaks no TLS`, hints: [hint] };
}

/** Whether TLS is spoken there. Nothing is sent, so it does not matter by whom. */
async function speaksTls(address: string, waitMs: number): Promise<boolean> {
  const socket = connectTls({ ...addressOf(address), rejectUnauthorized: false });
  try {
    return await new Promise((resolve) => {
      const no = () => {
        resolve(false);
      };
      socket.setTimeout(waitMs, no);
      socket.on('error', no);
      socket.on('close', no);
      socket.on('secureConnect', () => {
        resolve(true);
      });
    });
  } finally {
    socket.destroy();
  }
}
