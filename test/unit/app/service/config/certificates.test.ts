import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  certificateProblem,
  keyProblem,
} from '../../../../../src/app/service/config/certificates.ts';
import { newAuthority } from '../../../../support/secure/certificates.ts';

const authority = newAuthority('an authority');
const { cert, key } = authority.issue('me');
const other = authority.issue('another');
const BROKEN = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

describe('a file of certificates', () => {
  it('may hold several', () => {
    expect(certificateProblem(cert)).toBeNull();
    expect(certificateProblem(`the first\n${cert}\n${authority.cert}`)).toBeNull();
  });

  it('is told of when one of them cannot be read, or it has none', () => {
    expect(certificateProblem(cert + BROKEN)).toBe('has a certificate that cannot be read');
    expect(certificateProblem(key)).toBe('has no certificate');
    expect(certificateProblem('')).toBe('has no certificate');
  });
});

describe('a private key', () => {
  it('fits the first certificate of its file', () => {
    expect(keyProblem(key, cert + authority.cert)).toBeNull();
    expect(keyProblem(key, authority.cert + cert)).toContain('is not the key of the certificate');
    expect(keyProblem(other.key, cert)).toContain('is not the key of the certificate');
  });

  it('is judged by itself where there is no certificate to compare', () => {
    for (const none of [null, '', BROKEN]) expect(keyProblem(key, none)).toBeNull();
  });

  it('that is encrypted, or none, is told of', () => {
    const sealed = createPrivateKey(key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hush' })
      .toString();
    expect(keyProblem(sealed, cert)).toContain('is encrypted');
    expect(keyProblem(cert, cert)).toBe('has no private key that can be read');
  });
});
