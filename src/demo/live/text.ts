import { join, relative } from 'node:path';
import type { ServiceConfig } from '../../app/service/service-config.ts';
import { shareText, timeText } from '../../cli/number-text.ts';
import type { RoutingTable } from '../../core/events/routing.ts';
import type { Verdict } from '../../core/events/verdict.ts';
import { shareAt } from '../../core/rollout/routing-table.ts';
import type { FedHour } from './feed.ts';

const DAY_MS = 86_400_000;
const COALMINE = 'npm run -s coalmine --';

/** What to start beside the demo. */
export function startText(configFile: string): string {
  return `waiting for coalmine; in another terminal: ${COALMINE} run -c ${configFile}`;
}

/** Where a rollout stands, in one line. */
function hourText({ hour, atMs, requestCount, table, verdict }: FedHour): string {
  const share = table === null ? 0 : shareAt(table, atMs);
  const checks = verdict?.checks ?? [];
  const passing = checks.filter(({ status }) => status === 'pass').length;
  const judged =
    verdict === null
      ? 'nothing judged yet'
      : `last verdict: ${verdict.decision}, ${passing} of ${checks.length} checks pass`;
  return [
    `hour ${String(hour).padStart(3)}`,
    timeText(atMs).slice(0, 16),
    `${requestCount} flights`,
    `canary serves ${shareText(share)}`,
    judged,
  ].join('  ');
}

/** Tells where a rollout stands: whenever the split changes, and twice a day of flights. */
export function hourTeller(say: (line: string) => void): (fed: FedHour) => void {
  let told: number | null = null;
  return (fed) => {
    const share = fed.table === null ? 0 : shareAt(fed.table, fed.atMs);
    if (share === told && fed.hour % 12 !== 0) return;
    told = share;
    say(hourText(fed));
  };
}

/** How a rollout ended; null: it goes on. */
export function endOf(table: RoutingTable | null): 'promoted' | 'rolled back' | null {
  if (table === null || table.endMs === null) return null;
  return (table.shares.at(-1)?.share ?? 0) < 1 ? 'rolled back' : 'promoted';
}

/** The end of the demo in words. */
export function endText(
  rolloutId: string,
  table: RoutingTable | null,
  verdict: Verdict | null,
): string {
  const end = endOf(table);
  const startMs = table?.shares[0]?.fromMs ?? 0;
  const lastedMs = (table?.endMs ?? verdict?.windowEndMs ?? startMs) - startMs;
  const days = `${(lastedMs / DAY_MS).toFixed(1)} days of flights`;
  const what =
    end === null ? `no flights are left, and it is held after ${days}` : `${end} after ${days}`;
  const why = verdict === null ? '' : `last verdict: ${verdict.reason}\n`;
  return `\n${rolloutId}: ${what}\n${why}\n`;
}

/** What to look at, while it runs and after it. */
export function lookText(
  rolloutId: string,
  { file, config }: { readonly file: string; readonly config: ServiceConfig },
): string {
  const out = relative('', join(config.dataFolder, 'rollouts', rolloutId));
  const url = config.http === null ? null : `http://${config.http.host}:${config.http.port}`;
  const lines = [
    `  ${COALMINE} list -c ${file}`,
    ...(url === null
      ? []
      : [`  curl ${url}/rollouts`, `  curl ${url}/metrics    # docs/metrics.md`]),
    `  ${COALMINE} status --out ${out}`,
    `  ${COALMINE} verdicts --out ${out} --limit 5`,
    `  ${join(out, 'routing.json')}    # the split that a router reads`,
    `  topic ${config.topics.verdicts.name}    # docs/integrate.md`,
  ];
  return `look at:\n${lines.join('\n')}`;
}
