import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A certificate and its private key, PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly cert: string;
  /** @param hosts names and addresses that the certificate is valid for */
  issue(name: string, hosts?: readonly string[]): Identity;
}

/**
 * An authority of certificates, by hand: Node makes keys and signatures but no certificates, and a tool that
 * does would have to be installed wherever the tests run. Valid from 2020 to 2049, for no clock is read.
 */
export function newAuthority(name: string): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signedBy = { name, key: own.privateKey };
  return {
    cert: certificate({ name, key: own.publicKey, extensions: [CA] }, signedBy),
    issue(subject, hosts = []) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const extensions = hosts.length === 0 ? [] : [namesOf(hosts)];
      return {
        cert: certificate({ name: subject, key: publicKey, extensions }, signedBy),
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

interface Subject {
  readonly name: string;
  readonly key: KeyObject;
  readonly extensions: readonly Buffer[];
}

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  text: 0x0c,
  time: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `ecdsa-with-SHA256`, and what else is named by numbers here. */
const ECDSA_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];
const ALTERNATIVE_NAMES = [0x55, 0x1d, 0x11];

const CA = sequence(
  der(TAG.oid, BASIC_CONSTRAINTS),
  der(TAG.boolean, [0xff]),
  der(TAG.octets, sequence(der(TAG.boolean, [0xff]))),
);

let lastSerial = 0;

function certificate(
  { name, key, extensions }: Subject,
  by: { readonly name: string; readonly key: KeyObject },
): string {
  lastSerial += 1;
  const algorithm = sequence(der(TAG.oid, ECDSA_SHA256));
  const signed = sequence(
    der(0xa0, der(TAG.integer, [2])),
    der(TAG.integer, [lastSerial]),
    algorithm,
    nameOf(by.name),
    sequence(der(TAG.time, text('200101000000Z')), der(TAG.time, text('491231235959Z'))),
    nameOf(name),
    key.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  // The first byte of a string of bits says how many of its last ones are not used.
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', signed, by.key)]);
  const whole = sequence(signed, algorithm, der(TAG.bits, signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function nameOf(name: string): Buffer {
  return sequence(der(TAG.set, sequence(der(TAG.oid, COMMON_NAME), der(TAG.text, text(name)))));
}

function namesOf(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    /^[\d.]+$/.test(host) ? der(0x87, host.split('.').map(Number)) : der(0x82, text(host)),
  );
  return sequence(der(TAG.oid, ALTERNATIVE_NAMES), der(TAG.octets, sequence(...names)));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(TAG.sequence, Buffer.concat(parts));
}

function text(value: string): Buffer {
  return Buffer.from(value);
}

/** Tag, length, value. Java only verifies what has each length in the fewest bytes. */
function der(tag: number, value: Buffer | readonly number[]): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(bytes.length)]), bytes]);
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
