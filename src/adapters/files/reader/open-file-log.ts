import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { BatchSchema } from '../../../core/events/batch.ts';
import type { LogFrame, PredictionLog } from '../../../pipeline/ports.ts';
import { type ArmCensus, checkArm, countVersions, type VersionCount } from './census.ts';
import { type CursorPlan, FileCursor } from './cursor.ts';
import { openDatabase } from './database.ts';
import { buildDictionaries } from './dictionary.ts';
import { unionFields } from './fields.ts';
import { letterOf, loneLetterOf } from './letters.ts';
import { loadOutcomes, loadPredictions } from './loaded-chunk.ts';
import { FileMerge, type MergedStretch } from './merge.ts';
import { createChunkCollector } from './native.ts';
import { type FileLogOptions, type LogClock, SIDES, type Side } from './options.ts';
import type { ProblemRules } from './problems.ts';
import { type SelectScope, selectOutcomes, selectPredictions } from './select.ts';
import { type FileShape, type ValueShape, valueFieldName } from './shape.ts';
import { inspectSides, type SideShapes } from './sides.ts';
import { decodeToken, encodeToken, inputsFingerprint } from './token.ts';

/** A prediction log over files, with what became known when it was opened. */
export interface FileLog extends PredictionLog {
  /** Features and context fields that are not watched: beyond the limit, or of a type without counts. */
  readonly notWatched: readonly string[];
  readonly warnings: readonly string[];
  /** Which clock tells late and future records. */
  readonly clock: LogClock;
  /** Whether any record says `served: false`: then the traffic was recorded, not to be simulated. */
  readonly servedSeen: boolean;
  /** Records of all files together, as the files count them. */
  readonly recordCount: number;
}

/**
 * Opens Parquet and JSON Lines files as one ordered log. Everything that can be wrong with the files
 * as a whole is an error here; what is wrong with single records comes as dead letters later.
 */
export async function openFileLog(options: FileLogOptions): Promise<FileLog> {
  const instance = await openDatabase(options);
  try {
    const connection = await instance.connect();
    const sides = await inspectSides(connection, options);
    const census = await takeCensus(connection, sides, options);
    const prediction = [...sides.current, ...sides.canary];
    const fields = unionFields(prediction, options.featuresMax);
    const scope: SelectScope = {
      layout: fields.layout,
      dictionaries: await buildDictionaries(
        connection,
        {
          shapes: [...new Set(prediction)],
          model: options.model,
          stringLengthMax: options.limits.recordSizeMaxBytes,
        },
        fields.layout.categories,
      ),
      allValues: everyValue(prediction),
      outcomeMetrics: options.outcomeMetrics,
      rankedItemCount: options.rankedItemCount ?? 0,
    };
    const plans = SIDES.flatMap((side) => sidePlans(side, sides, { options, scope }));
    const reader = await startReading(instance, plans, options);
    const shapes = plans.map((plan) => plan.shape);
    const withArrival = shapes.filter((shape) => shape.columns.has('arrival_time')).length;
    const hasAllArrivals = withArrival > 0 && withArrival === shapes.length;
    return {
      schema: {
        layout: fields.layout,
        dictionaries: scope.dictionaries,
        rankedItemCount: scope.rankedItemCount,
      } satisfies BatchSchema,
      notWatched: fields.notWatched,
      warnings: [
        ...new Set(shapes.flatMap((shape) => shape.warnings)),
        ...fields.warnings,
        ...census.warnings,
        ...(withArrival > 0 && !hasAllArrivals
          ? ['only some files have arrival_time: the others are merged by event time']
          : []),
      ],
      clock: hasAllArrivals ? 'arrival_time' : 'event_time',
      servedSeen: census.servedSeen,
      recordCount: shapes.reduce((sum, shape) => sum + shape.rowCount, 0),
      next: () => reader.next(connection),
      close: async () => {
        await reader.close();
        connection.closeSync();
        instance.closeSync();
      },
    };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

/** Which models and versions the files of the current arm hold, whatever was asked for. */
export async function versionsInFiles(options: FileLogOptions): Promise<readonly VersionCount[]> {
  const instance = await openDatabase(options);
  try {
    const connection = await instance.connect();
    const { current } = await inspectSides(connection, options);
    const counts: VersionCount[] = [];
    for (const shape of current) counts.push(...(await countVersions(connection, shape)));
    return counts;
  } finally {
    instance.closeSync();
  }
}

interface Census {
  readonly warnings: readonly string[];
  readonly servedSeen: boolean;
}

async function takeCensus(
  connection: DuckDBConnection,
  sides: SideShapes,
  options: FileLogOptions,
): Promise<Census> {
  const arms = [
    { arm: 'current', version: options.currentVersion, shapes: sides.current },
    { arm: 'canary', version: options.canaryVersion, shapes: sides.canary },
  ];
  const warnings: string[] = [];
  let servedSeen = false;
  for (const { arm, version, shapes } of arms) {
    // Not asked for: a profile is learned from one version alone.
    if (shapes.length === 0) continue;
    const counts: ArmCensus['counts'][number][] = [];
    for (const shape of shapes) counts.push(...(await countVersions(connection, shape)));
    const { model } = options;
    warnings.push(...checkArm({ arm, model, version, counts }));
    servedSeen ||= counts.some(
      (entry) => entry.shadowCount > 0 && entry.model === model && entry.version === version,
    );
  }
  return { warnings, servedSeen };
}

function everyValue(shapes: readonly FileShape[]): readonly ValueShape[] {
  const values = new Map(
    shapes
      .flatMap((shape) => shape.values)
      .toReversed()
      .map((value) => [valueFieldName(value), value]),
  );
  return [...values.keys()].toSorted().flatMap((name) => values.get(name) ?? []);
}

function sidePlans(
  side: Side,
  sides: SideShapes,
  context: { readonly options: FileLogOptions; readonly scope: SelectScope },
): readonly CursorPlan[] {
  const { options, scope } = context;
  const version = {
    current: options.currentVersion,
    canary: options.canaryVersion,
    outcomes: null,
  };
  return sides[side].map((shape) => {
    const rules: ProblemRules = {
      model: options.model,
      version: version[side],
      requestIdLengthMax: options.limits.requestIdLengthMax,
      recordSizeMaxBytes: options.limits.recordSizeMaxBytes,
      futureMaxMs: options.futureMaxMs,
      reportedElsewhere: side === 'canary' && sides.current.includes(shape),
    };
    const place = { shape, side: SIDES.indexOf(side) };
    if (side === 'outcomes') {
      const select = selectOutcomes(shape, rules, scope);
      const load: CursorPlan['load'] = (chunk, firstRow) =>
        loadOutcomes({ chunk, firstRow }, select);
      return { ...place, sql: select.sql, problems: select.problems, load };
    }
    const select = selectPredictions(shape, rules, scope);
    const load: CursorPlan['load'] = (chunk, firstRow) =>
      loadPredictions({ chunk, firstRow }, select, side);
    return { ...place, sql: select.sql, problems: select.problems, load };
  });
}

interface Reader {
  next(connection: DuckDBConnection): Promise<LogFrame | null>;
  close(): Promise<void>;
}

async function startReading(
  instance: DuckDBInstance,
  plans: readonly CursorPlan[],
  options: FileLogOptions,
): Promise<Reader> {
  const inputs = inputsFingerprint(plans, options);
  const position = decodeToken(options.from, inputs, plans.length);
  const context = { instance, collectChunks: createChunkCollector() };
  const cursors = plans.map(
    (plan, k) =>
      new FileCursor(
        plan,
        position.starts[k] ?? { row: 0, previousKey: Number.NEGATIVE_INFINITY },
        context,
      ),
  );
  for (const cursor of cursors) await cursor.peek();
  const merge = new FileMerge(cursors, position, options.futureMaxMs);
  return {
    async next(connection) {
      const firstSequence = merge.sequence;
      const stretch = await merge.next();
      if (stretch === null) return null;
      return {
        ...frameColumns(stretch),
        firstSequence,
        resumeToken: encodeToken(inputs, cursors, merge),
        deadLetters: await deadLetters(stretch, connection, options),
      };
    },
    async close() {
      for (const cursor of cursors) await cursor.close();
    },
  };
}

function frameColumns(
  stretch: MergedStretch,
): Pick<LogFrame, 'current' | 'canary' | 'outcomes' | 'order' | 'length'> {
  const [current, canary, outcomes] = stretch.chunks;
  return {
    current: current?.predictions ?? null,
    canary: canary?.predictions ?? null,
    outcomes: outcomes?.outcomes ?? null,
    order: stretch.order,
    length: stretch.length,
  };
}

async function deadLetters(
  stretch: MergedStretch,
  connection: DuckDBConnection,
  options: FileLogOptions,
): Promise<LogFrame['deadLetters']> {
  const letters: LogFrame['deadLetters'][number][] = [];
  const rules = {
    futureMaxMs: options.futureMaxMs,
    payloadMax: options.limits.recordSizeMaxBytes,
  };
  for (const record of stretch.faulty) {
    const letter = record.isLone ? await loneLetterOf(record, connection, rules) : letterOf(record);
    letters.push({ sequence: record.sequence, letter });
  }
  return letters;
}
