import type { Parsed } from '../../core/events/parse-field.ts';
import type { Prediction } from '../../core/events/prediction.ts';
import type { DeadRecord, OutgoingRecord, RawBatch, RawRecord } from '../stream/ports.ts';

/** One question to the canary's endpoint. */
export interface ModelRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
}

/** What came back of one attempt. `latencyMs` is its own, without waiting and earlier attempts. */
export type ModelAnswer =
  | { readonly kind: 'answered'; readonly body: unknown; readonly latencyMs: number }
  | {
      readonly kind: 'failed';
      /** `http_503`, `timeout`, `connection`, `bad_answer`: what the log will call it. */
      readonly error: string;
      /** Whether trying again can help. */
      readonly isPassing: boolean;
      /** How long the endpoint asked to be left alone. */
      readonly retryAfterMs: number | null;
      readonly latencyMs: number;
    }
  /** The endpoint refuses whatever it is asked: our request is wrong, or our rights are. */
  | { readonly kind: 'refused'; readonly detail: string };

/** The canary's endpoint. An answer of any kind is a value: `call` rejects for faults of ours only. */
export interface ModelCaller {
  call(request: ModelRequest): Promise<ModelAnswer>;
}

/** A record of the log, and the predictions in it (several when it has rows). */
export interface ReadRecord {
  readonly record: RawRecord;
  readonly parsed: Parsed<readonly Prediction[]>;
}

/** Turns records into predictions with all their features, as they were logged. */
export interface PredictionReader {
  /** One for each record of the batch, in order. Rejects with `registry_unavailable`. */
  read(batch: RawBatch): Promise<readonly ReadRecord[]>;
}

/** Turns what is to be written into bytes. */
export interface AnswerWriter {
  encodePrediction(prediction: Prediction): Promise<Uint8Array>;
  /** A record for the topic of dead letters. */
  encodeDeadLetter(dead: DeadRecord): Promise<OutgoingRecord>;
}
