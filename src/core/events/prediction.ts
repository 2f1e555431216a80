import type { EventTimeMs, ProcessingTimeMs } from '../foundation/time.ts';

/** What a feature or a context field may hold. */
export type FieldValue = number | string | boolean | null;

/** One model version's answer to one request: the shape that Avro, JSON Lines and Parquet share. */
export interface Prediction {
  readonly requestId: string;
  /** Position in a batched request; 0 unless one request asks for several answers. */
  readonly rowIndex: number;
  readonly model: string;
  readonly version: string;
  readonly eventTimeMs: EventTimeMs;
  /** User or session, the routing key; null: the request id. */
  readonly unitId: string | null;
  readonly sessionStartMs: EventTimeMs | null;
  /** False: a shadow answer. Null: the log does not say. */
  readonly served: boolean | null;
  readonly score: number | null;
  readonly label: string | null;
  readonly classProbabilities: Readonly<Record<string, number>> | null;
  readonly items: readonly string[] | null;
  readonly confidence: number | null;
  readonly latencyMs: number | null;
  /** A code; the model did not answer. */
  readonly error: string | null;
  readonly features: Readonly<Record<string, FieldValue>>;
  readonly context: Readonly<Record<string, FieldValue>>;
  readonly samplingFraction: number;
  /** When the log received it, where the log says so. */
  readonly arrivalTimeMs: ProcessingTimeMs | null;
}

/** What happened later for a request: click, conversion, rejection, true label. */
export interface Outcome {
  readonly requestId: string;
  readonly rowIndex: number;
  readonly model: string;
  readonly eventTimeMs: EventTimeMs;
  readonly metric: string;
  readonly value: number;
  readonly arrivalTimeMs: ProcessingTimeMs | null;
}
