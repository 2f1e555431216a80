import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { BROKER_SETTINGS, environmentName } from '../../../infra/local/kafka.ts';
import { KAFKA_IMAGE, REGISTRY_IMAGE } from '../../support/broker/docker-broker.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const COMPOSE = 'docker-compose.yml';

/** Names and tags only: a tag that moves would be another program every week. */
const PINNED = /^[a-z0-9./-]+:\d+\.\d+\.\d+[\w.-]*$/;

const service = z.strictObject({
  image: z.string().regex(PINNED),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)),
  environment: z.record(z.string(), z.string()),
  healthcheck: z.strictObject({
    test: z.tuple([z.literal('CMD')]).rest(z.string()),
    interval: z.string(),
    timeout: z.string(),
    retries: z.number(),
  }),
});

const composeFile = z.strictObject({
  name: z.literal('coalmine'),
  services: z.strictObject({ kafka: service, registry: service }),
});

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

describe('docker-compose.yml', () => {
  const { services } = composeFile.parse(parse(read(COMPOSE), { strict: true }));
  const { kafka, registry } = services;

  it('has the images that the tests run on', () => {
    expect([kafka.image, registry.image]).toEqual([KAFKA_IMAGE, REGISTRY_IMAGE]);
  });

  it('gives the broker what it has without Docker', () => {
    const expected = Object.entries(BROKER_SETTINGS).map(([key, value]) => [
      environmentName(key),
      value,
    ]);
    expect(kafka.environment).toMatchObject(Object.fromEntries(expected));
  });

  it('tells clients inside and outside an address at which they reach the broker', () => {
    const { environment, ports } = kafka;
    const names = (key: string) =>
      (environment[key] ?? '').split(',').map((each) => each.split(':')[0] ?? '');
    const advertised = environment['KAFKA_ADVERTISED_LISTENERS'];
    expect(advertised).toBe('PLAINTEXT://127.0.0.1:9092,INSIDE://kafka:19092');
    expect(ports).toEqual(['127.0.0.1:9092:9092']);
    const listeners = [...names('KAFKA_ADVERTISED_LISTENERS'), 'CONTROLLER'];
    expect(names('KAFKA_LISTENERS')).toEqual(listeners);
    expect(names('KAFKA_LISTENER_SECURITY_PROTOCOL_MAP')).toEqual(listeners);
  });

  it('has a registry that refuses what readers could not read, and forgets nothing', () => {
    expect(registry.environment).toEqual({
      REGISTRY_RULES_GLOBAL_COMPATIBILITY: 'BACKWARD',
      REGISTRY_DATASOURCE_URL: expect.stringMatching(/^jdbc:h2:file:\/tmp\/.*WRITE_DELAY=0$/),
    });
  });

  it.runIf(hasCompose)('is taken by docker compose', () => {
    const config = spawnSync('docker', ['compose', '-f', COMPOSE, 'config', '--quiet'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(config).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('infra/Dockerfile', () => {
  const lines = read('infra/Dockerfile').split('\n');
  const argumentsOf = (instruction: string) =>
    lines
      .filter((line) => line.startsWith(`${instruction} `))
      .map((line) => line.slice(instruction.length + 1));

  it('begins with the Node that the checkout uses', () => {
    const manifest = z
      .object({ devDependencies: z.object({ node: z.string() }) })
      .parse(JSON.parse(read('package.json')));
    const images = argumentsOf('FROM').map((from) => from.split(' ')[0]);
    expect(images.length).toBeGreaterThan(1);
    expect(new Set(images)).toEqual(
      new Set([`node:${manifest.devDependencies.node}-bookworm-slim`]),
    );
  });

  it('copies only what there is, and what is sent to the builder', () => {
    const sent = read('infra/Dockerfile.dockerignore').split('\n');
    const copied = argumentsOf('COPY')
      .filter((from) => !from.startsWith('--from'))
      .flatMap((from) => from.split(' ').slice(0, -1));
    expect(copied).toContain('src');
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(copied.filter((path) => !sent.includes(`!${path}`))).toEqual([]);
  });

  it('runs as a user without rights, with nothing between it and its signals', () => {
    expect(argumentsOf('USER')).toEqual(['node']);
    const [entry = ''] = argumentsOf('ENTRYPOINT');
    expect(JSON.parse(entry)).toEqual(['node', '/opt/coalmine/dist/cli/main.js']);
  });
});
