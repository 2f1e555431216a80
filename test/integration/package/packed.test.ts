import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, type Ended, replayArgs, replayed } from '../../support/replay-cli.ts';
import { type LogPaths, logRows, writeLogLines } from '../../support/replay-log.ts';
import { writeReplayPlan } from '../../support/replay-plan.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Oldest and newest line of Node that the package promises to run on. */
const NODES = ['22.23.3', '24.21.0'] as const;

/** What npm tells its scripts about their package; where the registry is must stay known. */
const OF_AN_NPM_ABOVE = /^npm_(?!config_)|^npm_config_(?:local_|global_)?prefix$/i;

/** Every line that must not compile says so: a type that allows it is an error here. */
const IN_TYPESCRIPT = `
import { createProducer } from 'coalmine/producer';
import { consumeVerdicts } from 'coalmine/verdicts';
const producer = await createProducer({
  kafka: ['127.0.0.1:9092'],
  registryUrl: 'http://127.0.0.1:8081',
  topics: { predictions: 'predictions.current', outcomes: 'outcomes' },
  schema: { features: { amount: 'number', country: 'string' } },
});
const answer = { request_id: 'r', model: 'm', version: 'v', event_time: 1, score: 0.5 };
await producer.predict({ ...answer, features: { amount: 1, country: null } });
// @ts-expect-error another type than declared
await producer.predict({ ...answer, features: { amount: '1' } });
// @ts-expect-error a feature that is not declared
await producer.predict({ ...answer, features: { other: 1 } });
// @ts-expect-error no such field
await producer.predict({ ...answer, scroe: 1 });
const consumer = await consumeVerdicts(
  { kafka: ['127.0.0.1:9092'], registryUrl: 'http://a', groupId: 'g', from: 'latest' },
  (verdict, delivery) => {
    const decision: 'promote' | 'hold' | 'rollback' = verdict.decision;
    console.log(decision, verdict.checks[0]?.status, delivery.epoch);
  },
);
await consumer.ended;
`;

let folder = '';
let installed = '';
let plan = '';
let log: LogPaths;
/** Verdicts of the same replay from source. */
let verdicts = '';

/** Runs a program in a folder, with this Node first on the path and nothing of the npm above it. */
async function run(
  [program = '', ...args]: readonly string[],
  where: { readonly cwd: string; readonly node?: string },
): Promise<Ended> {
  const { node = process.execPath, cwd } = where;
  const kept = Object.entries(process.env).filter(([name]) => !OF_AN_NPM_ABOVE.test(name));
  const path = [dirname(node), process.env['PATH']].join(delimiter);
  const env = { ...Object.fromEntries(kept), PATH: path, npm_config_audit: 'false' };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 100_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

async function mustRun(command: readonly string[], cwd: string): Promise<string> {
  const ended = await run(command, { cwd });
  if (ended.code !== 0) throw new Error(`${command.join(' ')}: ${ended.stdout}${ended.stderr}`);
  return ended.stdout;
}

/** The binary of a Node release: this process's own when it is that release, else npm's copy. */
async function nodeBinary(version: string): Promise<string> {
  if (process.versions.node === version) return process.execPath;
  const place = join(folder, `node-${version}`);
  await mkdir(place, { recursive: true });
  const name = `node-${process.platform}-${process.arch}`;
  await mustRun(['npm', 'install', '--prefix', place, '--no-save', `${name}@${version}`], place);
  return join(place, 'node_modules', name, 'bin', 'node');
}

/** A copy of this checkout to pack from: packing builds anew, and others may be reading `dist`. */
async function checkout(): Promise<string> {
  const place = join(folder, 'checkout');
  const left = new Set(['.git', 'node_modules', 'dist', 'coverage', 'coalmine-demo']);
  for (const name of await readdir(ROOT)) {
    if (!left.has(name)) await cp(join(ROOT, name), join(place, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(place, 'node_modules'));
  return place;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-packed-'));
  await mustRun(['npm', 'pack', '--pack-destination', folder], await checkout());
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? 'none';
  installed = join(folder, 'elsewhere');
  await mkdir(installed);
  await mustRun(['npm', 'install', '--omit=dev', join(folder, tarball)], installed);
  log = await writeLogLines(folder, logRows({ requestCount: 200 }));
  plan = await writeReplayPlan(join(folder, 'plan.yaml'));
  const out = join(folder, 'from-source');
  await replayed({ plan, log, out });
  verdicts = await readFile(join(out, 'verdicts.jsonl'), 'utf8');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the packed package in an empty folder', () => {
  test('holds programs, SQL and schemas, and neither sources nor tests', async () => {
    const place = join(installed, 'node_modules', 'coalmine');
    const files = await readdir(place, { recursive: true });
    expect(files).toEqual(
      expect.arrayContaining([join('dist', 'cli', 'main.js'), 'sql', 'schemas']),
    );
    expect(
      files.filter((file) => /^(src|test|docs)\b|(?<!\.d)\.ts$|\.tsbuildinfo$/.test(file)),
    ).toEqual([]);
  });

  test.each(NODES)(
    'replays with Node %s to the verdicts that the source gives',
    async (version) => {
      const node = await nodeBinary(version);
      const about = await run(['npx', 'coalmine', 'version', '-o', 'json'], {
        cwd: installed,
        node,
      });
      expect(JSON.parse(about.stdout)).toMatchObject({ node: version });
      const out = join(folder, `out-${version}`);
      const args = replayArgs({ plan, log, out });
      const ended = await run(['npx', 'coalmine', ...args], { cwd: installed, node });
      expect(answerOf(ended).counts).toMatchObject({ read: 400, matched: 200 });
      const packed = await readFile(join(out, 'verdicts.jsonl'), 'utf8');
      expect(packed).toBe(verdicts);
      const query = ['npx', 'coalmine', 'sql', '--out', out, 'select count(*) as n from verdicts'];
      const rows = await run([...query, '-o', 'json'], { cwd: installed, node });
      expect(JSON.parse(rows.stdout)).toEqual([{ n: verdicts.trimEnd().split('\n').length }]);
      await writeFile(join(installed, 'plan.yaml'), await readFile(plan));
      const lint = await run(['npx', 'coalmine', 'lint', 'plan.yaml'], { cwd: installed, node });
      expect(lint).toMatchObject({ code: 0 });
    },
  );

  test.each(NODES)('is imported by other programs with Node %s', async (version) => {
    const node = await nodeBinary(version);
    const program = join(installed, 'ends.mjs');
    await writeFile(
      program,
      "import { createProducer, isMirrored } from 'coalmine/producer';\n" +
        "import { consumeVerdicts } from 'coalmine/verdicts';\n" +
        "const schema = import.meta.resolve('coalmine/schemas/Verdict.avsc');\n" +
        'const mirrored = isMirrored(1, { rolloutId: "a.1", requestId: "r" });\n' +
        'console.log(typeof createProducer, typeof consumeVerdicts, mirrored, schema.slice(-12));\n',
    );
    const ended = await run([node, program], { cwd: installed, node });
    expect(ended).toMatchObject({ code: 0, stdout: 'function function true Verdict.avsc\n' });
  });

  test('tells a program in TypeScript what it may write and what it gets', async () => {
    const program = join(installed, 'ends.mts');
    await writeFile(program, IN_TYPESCRIPT);
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const options =
      '--ignoreConfig --noEmit --strict --target es2024 --module nodenext --skipLibCheck false';
    const types = ['--typeRoots', join(ROOT, 'node_modules', '@types'), '--types', 'node'];
    const command = [process.execPath, compiler, ...options.split(' '), ...types, program];
    const ended = await run(command, { cwd: installed });
    const unexpected = ended.stdout.split('\n').filter((line) => line.includes('ends.mts'));
    expect(unexpected).toEqual([]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });
});
