import { describe, expect, it } from 'vitest';
import { requestBuilder } from '../../../../src/pipeline/shadow/request.ts';
import { DEFAULT_BODY } from '../../../../src/pipeline/shadow/template.ts';
import { current } from '../../../support/predictions.ts';

const asked = current('r-1', 986_947_200_000, { features: { amount: 1, tenant: 'blå' } });

function headersOf(given: Readonly<Record<string, string>>, trace: string | null = null) {
  const built = requestBuilder({ body: DEFAULT_BODY, headers: given })(asked, trace);
  return built.ok ? built.request.headers : built;
}

describe('the request to the canary', () => {
  it('carries the request id, and says that its answer goes nowhere', () => {
    expect(headersOf({})).toMatchObject({
      'x-request-id': 'r-1',
      'x-coalmine-shadow': '1',
      'content-type': 'application/json',
    });
  });

  it('carries the logged trace, else one of its own that is always the same', () => {
    const logged = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(headersOf({}, logged)).toMatchObject({ traceparent: logged });
    expect(headersOf({}, 'broken')).toEqual(headersOf({}));
    expect(headersOf({})).toMatchObject({
      traceparent: expect.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-01$/),
    });
  });

  it('fills placeholders in headers, and encodes what a header cannot hold', () => {
    expect(
      headersOf({ 'x-tenant': 'is {{features.tenant}}', 'content-type': 'a/b' }),
    ).toMatchObject({ 'x-tenant': 'is bl%C3%A5', 'content-type': 'a/b' });
  });

  it('is not made when a header lacks its field', () => {
    expect(headersOf({ 'x-a': '{{context.a}}' })).toEqual({ ok: false, field: 'context.a' });
  });
});
