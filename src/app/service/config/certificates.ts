import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** What is wrong with a file of certificates; null when all of them can be read. */
export function certificateProblem(pem: string): string | null {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) return 'has no certificate';
  return blocks.some((block) => certificateOf(block) === null)
    ? 'has a certificate that cannot be read'
    : null;
}

/**
 * What is wrong with a private key; null when it can be used with that certificate. A certificate that cannot
 * be read is no fault of the key.
 */
export function keyProblem(pem: string, certificate: string | null): string | null {
  const key = keyOf(pem);
  if (typeof key === 'string') return key;
  const [own] = certificate?.match(CERTIFICATE) ?? [];
  const parsed = own === undefined ? null : certificateOf(own);
  if (parsed === null || parsed.checkPrivateKey(key)) return null;
  return 'is not the key of the certificate in cert, whose own certificate comes first';
}

function certificateOf(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

function keyOf(pem: string): KeyObject | string {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    // OpenSSL asked for a passphrase, and nobody answered.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return /INTERRUPTED|PASSPHRASE/.test(code)
      ? 'is encrypted: write it without a passphrase, readable for this user alone'
      : 'has no private key that can be read';
  }
}
