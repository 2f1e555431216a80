import { afterEach, describe, expect, it } from 'vitest';
import { registryProbe } from '../../../../src/adapters/registry/registry-probe.ts';
import { NOT_FOUND, type StubAnswer, type StubRegistry, stubRegistry } from './stub-registry.ts';

let stub: StubRegistry | null = null;

afterEach(async () => {
  await stub?.close();
  stub = null;
});

async function probeOf(
  answers: Readonly<Record<string, readonly StubAnswer[]>>,
  auth: Parameters<typeof registryProbe>[0]['auth'] = null,
) {
  stub = await stubRegistry(answers);
  return { stub, probe: registryProbe({ url: `${stub.url}/`, auth, timeoutMs: 500 }) };
}

const CHECK = 'POST /compatibility/subjects/a-value/versions/latest';

describe('a greeting of the registry', () => {
  it('tells its subjects and its time', async () => {
    const { probe } = await probeOf({ 'GET /subjects': [[200, ['a-value']]] });
    const greeting = await probe.greet();
    expect(greeting.subjects).toEqual(['a-value']);
    expect(greeting.dateMs).toEqual(expect.any(Number));
  });

  it.each([
    [{ kind: 'bearer', token: { reveal: () => 't' } } as const, 'Bearer t'],
    [
      { kind: 'basic', username: 'me', password: { reveal: () => 'pw' } } as const,
      `Basic ${Buffer.from('me:pw').toString('base64')}`,
    ],
  ])('comes with the login: %j', async (auth, header) => {
    const { stub: asked, probe } = await probeOf({ 'GET /subjects': [[200, []]] }, auth);
    await probe.greet();
    expect(asked.asked[0]?.headers.authorization).toBe(header);
  });

  it('that is refused, or not answered, is an error', async () => {
    const { probe } = await probeOf({ 'GET /subjects': [[401, { message: 'who are you?' }]] });
    await expect(probe.greet()).rejects.toMatchObject({
      code: 'registry_refused',
      message: expect.stringContaining('HTTP 401, who are you?'),
      hints: [expect.stringContaining('check registry.auth')],
    });
    const { probe: hung } = await probeOf({ 'GET /subjects': ['hang'] });
    await expect(hung.greet()).rejects.toMatchObject({ code: 'registry_unavailable' });
  });
});

describe('a breaking schema', () => {
  it.each([
    [[200, { is_compatible: false }], { kind: 'refused' }],
    [[200, { is_compatible: true }], { kind: 'accepted' }],
    [[403, { message: 'no' }], { kind: 'not_told', why: 'HTTP 403, no' }],
    [[200, 'nonsense'], { kind: 'not_told', why: 'HTTP 200' }],
  ] as const)('answered with %j', async (answer, told) => {
    const { probe } = await probeOf({ [CHECK]: [answer] });
    expect(await probe.tryBreaking('a-value')).toEqual(told);
  });

  it('is tried on a subject of its own, which is taken away whatever comes of it', async () => {
    const { stub: asked, probe } = await probeOf({});
    expect(await probe.tryBreakingAnew()).toMatchObject({ kind: 'not_told' });
    expect(asked.asked).toHaveLength(1);
    const [line = ''] = asked.asked.map((one) => one.line);
    const subject = /^POST \/subjects\/(coalmine\.doctor\.[-0-9a-f]+)\/versions$/.exec(line)?.[1];
    expect(subject).toBeDefined();
  });
});

describe('a registry in which it may register', () => {
  it('is asked, and left as it was', async () => {
    const answers: Record<string, readonly StubAnswer[]> = {};
    const anySubject = new Proxy(answers, {
      get: (_, line: string) => {
        if (line.startsWith('POST /subjects/')) return [[200, { id: 1 }]];
        if (line.startsWith('POST /compatibility/')) return [[200, { is_compatible: false }]];
        return line.startsWith('DELETE') ? [[200, [1]]] : [NOT_FOUND];
      },
    });
    const { stub: asked, probe } = await probeOf(anySubject);
    expect(await probe.tryBreakingAnew()).toEqual({ kind: 'refused' });
    const lines = asked.asked.map(({ line }) => line.replaceAll(/doctor\.[-0-9a-f]+/g, 'doctor.X'));
    expect(lines).toEqual([
      'POST /subjects/coalmine.doctor.X/versions',
      'POST /compatibility/subjects/coalmine.doctor.X/versions/latest',
      'DELETE /subjects/coalmine.doctor.X',
      'DELETE /subjects/coalmine.doctor.X?permanent=true',
    ]);
  });
});
