import type { Prediction } from './prediction.ts';

/**
 * A prediction by the names of `schemas/Prediction.avsc`, its arrival apart: that is the log's to say.
 * What the log does not say of `served` is null here.
 *
 * @example predictionRecord(prediction).request_id // prediction.requestId
 */
export function predictionRecord(
  prediction: Prediction,
): Readonly<Record<string, unknown>> & { readonly request_id: string } {
  return {
    request_id: prediction.requestId,
    row_index: prediction.rowIndex,
    model: prediction.model,
    version: prediction.version,
    event_time: prediction.eventTimeMs,
    unit_id: prediction.unitId,
    session_start: prediction.sessionStartMs,
    served: prediction.served,
    score: prediction.score,
    label: prediction.label,
    class_probabilities: prediction.classProbabilities,
    items: prediction.items,
    confidence: prediction.confidence,
    latency_ms: prediction.latencyMs,
    error: prediction.error,
    features: prediction.features,
    context: prediction.context,
    sampling_fraction: prediction.samplingFraction,
  };
}
