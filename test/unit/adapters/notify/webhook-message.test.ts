import { describe, expect, test } from 'vitest';
import {
  secretKey,
  webhookBody,
  webhookHeaders,
  webhookId,
} from '../../../../src/adapters/notify/webhook-message.ts';
import type { Notification } from '../../../../src/core/events/routing.ts';

const NOTIFICATION: Notification = {
  id: 'fraud-v7.1.rolled_back',
  severity: 'critical',
  rolloutId: 'fraud-v7.1',
  title: 'fraud v7 rolled back',
  text: 'errors doubled',
  eventTimeMs: 986_947_200_000,
  verdictId: 'v9',
};

describe('the body', () => {
  test('has the type, the event time and the data, and a text for receivers that show one', () => {
    expect(JSON.parse(webhookBody(NOTIFICATION))).toEqual({
      type: 'coalmine.rollout.critical',
      timestamp: '2001-04-11T00:00:00.000Z',
      text: 'fraud v7 rolled back\nerrors doubled',
      data: {
        id: 'fraud-v7.1.rolled_back',
        rollout_id: 'fraud-v7.1',
        severity: 'critical',
        title: 'fraud v7 rolled back',
        text: 'errors doubled',
        verdict_id: 'v9',
      },
    });
  });

  test.each([
    ['ASCII', 'x'],
    ['two bytes', 'é'],
    ['surrogate pairs', '😀'],
    ['what JSON escapes', '"\n'],
  ])('stays below 20 kB whatever the text: %s', (...[, unit]) => {
    const body = webhookBody({ ...NOTIFICATION, text: unit.repeat(20_000) });
    expect(Buffer.byteLength(body)).toBeLessThan(20_000);
    expect(Buffer.byteLength(body)).toBeGreaterThan(19_900);
    expect(JSON.parse(body).data.text).toMatch(/ … \(cut\)$/);
  });
});

describe('the id', () => {
  test('is fit for a header, and has no full stop', () => {
    expect(webhookId('fraud-v7.1.rolled_back')).toBe('fraud-v7%2E1%2Erolled_back');
    expect(webhookId('модель 1\n')).toMatch(/^[\w%-]+$/);
  });

  test('stays another for another notification', () => {
    expect(webhookId('a.b')).not.toBe(webhookId('a%2Eb'));
  });
});

describe('the signature', () => {
  /** The example of the Standard Webhooks specification and of its libraries' tests. */
  const EXAMPLE = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    sentAtSeconds: 1_614_265_330,
    body: '{"test": 2432232314}',
  };

  test('is that of the published example', () => {
    const key = secretKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    expect(webhookHeaders(EXAMPLE, key)).toMatchObject({
      'webhook-id': EXAMPLE.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  test('a secret without the prefix is its own bytes', () => {
    expect(secretKey('pepper').toString()).toBe('pepper');
  });

  test.each(['whsec_', 'whsec_c2hvcnQ=', 'whsec_not base64 at all, and much too long'])(
    '%s is no secret, and is not repeated in the message',
    (secret) => {
      const refusal = () => secretKey(secret);
      expect(refusal).toThrow(expect.objectContaining({ code: 'plan_invalid' }));
      expect(refusal).toThrow(/of a webhook starts with whsec_ but/);
    },
  );
});
