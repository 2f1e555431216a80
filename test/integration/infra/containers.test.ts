import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { BROKER_SETTINGS, environmentName } from '../../../infra/local/kafka.ts';
import { outsideOf } from '../../../src/app/service/config/outside.ts';
import { parseServiceConfig } from '../../../src/app/service/read-config.ts';
import { KAFKA_IMAGE, REGISTRY_IMAGE } from '../../support/broker/docker-broker.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const COMPOSE = 'docker-compose.yml';

/** Names and tags only: a tag that moves would be another program every week. */
const PINNED = /^[a-z0-9./-]+:\d+\.\d+\.\d+[\w.-]*$/;

/** Only this machine reaches it, unless the user says otherwise. */
const port = z.string().regex(/^127\.0\.0\.1:\d+:\d+$/);

const image = z.string().regex(PINNED);

const service = z.strictObject({
  image,
  ports: z.array(port),
  environment: z.record(z.string(), z.string()),
  healthcheck: z.strictObject({
    test: z.tuple([z.literal('CMD')]).rest(z.string()),
    interval: z.string(),
    timeout: z.string(),
    retries: z.number(),
  }),
});

/** What begins when others are ready, with files of this repository or a volume of the file's own. */
const dependent = z.strictObject({
  image,
  build: z
    .strictObject({
      context: z.literal('.'),
      dockerfile: z.string(),
      target: z.string().optional(),
    })
    .optional(),
  command: z.array(z.string()).optional(),
  ports: z.array(port).default([]),
  volumes: z.array(z.string().regex(/^(?:\.\/[\w./-]+|[\w-]+):\/[\w./-]+(?::ro)?$/)),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })),
  stop_grace_period: z.string().optional(),
  restart: z.literal('unless-stopped').optional(),
});

const composeFile = z.strictObject({
  name: z.literal('coalmine'),
  services: z.strictObject({
    kafka: service,
    registry: service,
    coalmine: dependent,
    proxy: dependent,
    demo: dependent,
  }),
  volumes: z.record(z.string(), z.null()),
});

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

describe('docker-compose.yml', () => {
  const { services, volumes } = composeFile.parse(parse(read(COMPOSE), { strict: true }));
  const { kafka, registry, coalmine, proxy, demo } = services;

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

  it('begins each service when those that it needs are healthy, and can tell', () => {
    const dockerfile = read('infra/Dockerfile');
    const tellsHealth = ['kafka', 'registry'];
    if (/^HEALTHCHECK /m.test(dockerfile)) tellsHealth.push('coalmine');
    const needs = [coalmine, proxy, demo].flatMap(({ depends_on }) => Object.keys(depends_on));
    expect(Object.keys(coalmine.depends_on)).toEqual(['kafka', 'registry']);
    expect(needs.filter((name) => !tellsHealth.includes(name))).toEqual([]);
  });

  it('mounts what there is', () => {
    const sources = [coalmine, proxy, demo].flatMap((each) =>
      each.volumes.map((volume) => volume.split(':')[0] ?? ''),
    );
    const lost = sources.filter((source) =>
      source.startsWith('./') ? !existsSync(join(ROOT, source)) : !(source in volumes),
    );
    expect(sources.length).toBeGreaterThan(4);
    expect(lost).toEqual([]);
  });

  it('runs the service as a user would, and feeds it from the image that has the flights', () => {
    const version = z.object({ version: z.string() }).parse(JSON.parse(read('package.json')));
    expect(coalmine.command).toEqual(['run', '-c', '/etc/coalmine/coalmine.yaml']);
    expect(coalmine.build?.target).toBeUndefined();
    expect(demo.build?.target).toBe('demo');
    expect([coalmine.image, demo.image]).toEqual([
      `coalmine:${version.version}`,
      `coalmine-demo:${version.version}`,
    ]);
    expect([coalmine.build?.dockerfile, demo.build?.dockerfile]).toEqual([
      'infra/Dockerfile',
      'infra/Dockerfile',
    ]);
  });

  it('gives the service and the demo a config that they take', () => {
    const file = 'infra/compose/coalmine.yaml';
    const config = parseServiceConfig(read(file), file, outsideOf({}));
    if (!config.ok) throw new Error(JSON.stringify(config.problems));
    const { kafka: client, registry: schemas, http, dataFolder, rollouts } = config.config;
    const [listener] = (kafka.environment['KAFKA_ADVERTISED_LISTENERS'] ?? '').split(',').slice(1);
    expect(`INSIDE://${client.brokers.join()}`).toBe(listener);
    expect(schemas.url).toBe('http://registry:8080/apis/ccompat/v7');
    expect(http).toEqual({ host: '0.0.0.0', port: 8080 });
    const mounts = coalmine.volumes.map((volume) => volume.split(':'));
    expect(mounts.map(([, inside]) => inside)).toContain(dataFolder);
    // The demo applies its rollouts by itself, and finds broker and registry in the same file.
    expect(rollouts).toEqual([]);
    expect(demo.command).toEqual(['-c', coalmine.command?.at(-1)]);
    expect(demo.volumes).toContain('./infra/compose:/etc/coalmine:ro');
  });

  it('gives no two services one port of this machine', () => {
    const ports = [kafka, registry, coalmine, proxy, demo].flatMap((each) => each.ports);
    expect(new Set(ports.map((each) => each.split(':')[1])).size).toBe(ports.length);
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
    const stages = argumentsOf('FROM').map((from) => from.split(' '));
    const names = stages.map(([, , name]) => name);
    const images = stages.map(([base]) => base).filter((name) => !names.includes(name));
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
    // Of the demo, and of the service.
    expect(argumentsOf('USER')).toEqual(['node', 'node']);
    const [demo = '', served = ''] = argumentsOf('ENTRYPOINT');
    expect(JSON.parse(demo).at(-1)).toBe('/build/src/demo/kafka.ts');
    expect(JSON.parse(served)).toEqual(['node', '/opt/coalmine/dist/cli/main.js']);
  });

  it('installs what it runs with from the lock file, without what builds it', () => {
    const last =
      read('infra/Dockerfile')
        .split(/^FROM /m)
        .at(-1) ?? '';
    expect(argumentsOf('RUN')).toContain('npm ci --omit=dev --ignore-scripts --no-progress');
    expect(last).toContain('COPY --from=packages /build/node_modules ./node_modules');
    expect(last).not.toMatch(/^(?:COPY src|RUN .*npm)/m);
  });

  it('asks the service whether it is alive, by a program that is true when it is', async () => {
    const check = /^HEALTHCHECK [^\n]*\\\n\s*CMD (\[.*\])$/m.exec(lines.join('\n'))?.[1] ?? '';
    const [program, ...args] = z.array(z.string()).parse(JSON.parse(check));
    expect(program).toBe('node');
    let status = 200;
    const server = createServer((_, response) => response.writeHead(status).end()).listen(0);
    await once(server, 'listening');
    const address = server.address();
    const at = typeof address === 'object' ? address?.port : 0;
    const COALMINE_HEALTH_URL = `http://127.0.0.1:${at}/healthz`;
    const codeOf = async () => {
      const child = spawn(process.execPath, args, { env: { COALMINE_HEALTH_URL } });
      const [code] = await once(child, 'exit');
      return code;
    };
    expect(await codeOf()).toBe(0);
    status = 503;
    expect(await codeOf()).toBe(1);
    server.closeAllConnections();
    server.close();
    expect(await codeOf()).toBe(1);
  });
});
