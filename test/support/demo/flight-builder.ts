import type { Flights } from '../../../src/demo/flights.ts';
import { emptyFlights, MINUTE_MS } from '../../../src/demo/flights.ts';

export interface FlightSketch {
  readonly minute: number;
  readonly delay?: number;
  readonly miles?: number;
  readonly origin?: number;
  readonly destination?: number;
}

/** 1 April 2001, a Sunday, 00:00 in minutes since 1970. */
export const START_MINUTE = Date.UTC(2001, 3, 1) / MINUTE_MS;

/** Flights between three airports; 75 miles are flown in 10 minutes, so they arrive after 40 and the delay. */
export function flightsOf(sketches: readonly FlightSketch[]): Flights {
  const flights = emptyFlights(sketches.length, ['ATL', 'EWR', 'ORD']);
  for (const [row, sketch] of sketches.entries()) {
    flights.departureMs[row] = (START_MINUTE + sketch.minute) * MINUTE_MS;
    flights.delayMinutes[row] = sketch.delay ?? 0;
    flights.distanceMiles[row] = sketch.miles ?? 75;
    flights.origin[row] = sketch.origin ?? 0;
    flights.destination[row] = sketch.destination ?? 1;
  }
  return flights;
}
