import { Hono } from 'hono';
import type { RolloutPhase } from '../core/events/routing.ts';
import { type Health, liveness, readiness, type ServiceFacts } from './health.ts';

/** Where one rollout stands, as far as this process knows. */
export interface RolloutRow {
  readonly rolloutId: string;
  readonly phase: RolloutPhase;
  readonly stageIndex: number;
  readonly share: number;
  readonly lastVerdict: {
    readonly id: string;
    readonly decision: 'promote' | 'hold' | 'rollback';
    readonly reason: string;
    readonly windowEndMs: number;
  } | null;
  /** Records that its joiners have still to read here; null when none are owned. */
  readonly lagRecords: number | null;
}

/** What the server shows; each is asked when a request comes. */
export interface ServiceViews {
  readonly facts: () => ServiceFacts;
  readonly rollouts: () => readonly RolloutRow[];
  readonly metrics: {
    readonly contentType: string;
    readonly scrape: () => Promise<string>;
  };
}

/** The service over HTTP: probes, metrics, and where its rollouts stand. It changes nothing. */
export function serviceApp(views: ServiceViews): Hono {
  const app = new Hono();
  const probe = (path: string, healthOf: (facts: ServiceFacts) => Health): void => {
    app.get(path, (context) => {
      const health = healthOf(views.facts());
      return context.json(healthValue(health), health.isOk ? 200 : 503);
    });
  };
  probe('/healthz', liveness);
  probe('/readyz', readiness);
  app.get('/metrics', async (context) => {
    const text = await views.metrics.scrape();
    return context.body(text, 200, { 'content-type': views.metrics.contentType });
  });
  app.get('/rollouts', (context) => context.json(views.rollouts().map(rolloutValue)));
  app.notFound((context) =>
    context.json(
      { error: 'not found', paths: ['/healthz', '/readyz', '/metrics', '/rollouts'] },
      404,
    ),
  );
  return app;
}

function healthValue(health: Health): object {
  return {
    status: health.isOk ? 'ok' : 'failing',
    checks: health.checks.map(({ name, problem }) => ({
      name,
      ok: problem === null,
      ...(problem === null ? {} : { problem }),
    })),
  };
}

function rolloutValue(row: RolloutRow): object {
  const { lastVerdict } = row;
  return {
    rollout_id: row.rolloutId,
    phase: row.phase,
    stage_index: row.stageIndex,
    share: row.share,
    last_verdict:
      lastVerdict === null
        ? null
        : {
            id: lastVerdict.id,
            decision: lastVerdict.decision,
            reason: lastVerdict.reason,
            window_end_ms: lastVerdict.windowEndMs,
          },
    lag_records: row.lagRecords,
  };
}
