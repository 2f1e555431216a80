import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { down, up } from './local/commands.ts';
import { InfraError } from './local/infra-error.ts';

const USAGE = `A real Kafka broker and schema registry on this machine, without Docker.

  node infra/local.ts up [--fresh] [--kafka-port N] [--registry-port N] [--folder PATH] [--jars PATH]
  node infra/local.ts down [--folder PATH]

  --fresh             forget all topics and schemas first
  --kafka-port N      default 9092, or a free port where that is taken; 0 is any free port
  --registry-port N   default 8081, or a free port where that is taken; 0 is any free port
  --folder PATH       where data, logs and run.json lie; default .cache/infra
  --jars PATH         where downloaded jars are kept; default .cache/infra/jars
`;

const CACHE = fileURLToPath(new URL('../.cache/infra', import.meta.url));

function portOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InfraError(`${text} is not a port: 0 to 65535`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      fresh: { type: 'boolean', default: false },
      folder: { type: 'string', default: CACHE },
      jars: { type: 'string', default: `${CACHE}/jars` },
      'kafka-port': { type: 'string' },
      'registry-port': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const folder = resolve(values.folder);
  const [verb, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
  } else if (verb === 'up' && rest.length === 0) {
    const ports = {
      kafka: portOf(values['kafka-port']),
      registry: portOf(values['registry-port']),
    };
    await up({ folder, jarsFolder: resolve(values.jars), fresh: values.fresh, ports, say, signal });
  } else if (verb === 'down' && rest.length === 0) {
    await down({ folder, say });
  } else {
    throw new InfraError(`say up or down\n\n${USAGE}`);
  }
}

/**
 * A signal ends in order what was begun, which takes a bounded time. Further ones change nothing:
 * npm passes on the Ctrl-C that the terminal has sent to this process already.
 */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      controller.abort();
    });
  }
  return controller.signal;
}

const signal = abortOnSignals();
try {
  await main(signal);
} catch (error) {
  if (signal.aborted) {
    process.stderr.write('interrupted: nothing was left running\n');
    process.exitCode = 130;
  } else {
    const isUsage = error instanceof TypeError && 'code' in error;
    const text = error instanceof InfraError || isUsage ? error.message : String(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = isUsage ? 2 : 1;
  }
}
