import type { DecayedEvent, DecayedRates } from './decayed-rates.ts';
import { countEvent, decayedRates, rateAt, weightAt } from './decayed-rates.ts';
import type { Flights } from './flights.ts';
import { arrivalTimesMs, lateLabel, MINUTE_MS } from './flights.ts';
import type { FeatureMatrix } from './matrix.ts';

/** What all models know when a flight leaves, in the order of the matrix's columns. */
export const FEATURE_NAMES = [
  'hour',
  'weekday',
  'distance_miles',
  'origin_late_2h',
  'destination_late_2h',
  'system_late_1h',
  'origin_late_14d',
  'destination_late_14d',
  'route_late_14d',
  'origin_traffic',
] as const;

/** A defect of the feature pipeline that no log line shows. */
export interface FeatureFault {
  /** Age of the 2 h and 1 h rates when a model reads them: a batch table where a stream should be. */
  readonly staleHours: number;
  /** An airport without a row in the table that the features of the origin are joined from: they are 0. */
  readonly lostOrigin: string | null;
}

export const HEALTHY: FeatureFault = { staleHours: 0, lostOrigin: null };
export const DAY_OLD: FeatureFault = { staleHours: 24, lostOrigin: null };
export const WITHOUT_EWR: FeatureFault = { staleHours: 0, lostOrigin: 'EWR' };

/** What a lost origin takes along: a left join leaves nothing here, and nothing is read as 0. */
const ORIGIN_FEATURES: readonly string[] = [
  'origin_late_2h',
  'origin_late_14d',
  'route_late_14d',
  'origin_traffic',
] satisfies (typeof FEATURE_NAMES)[number][];
const ORIGIN_COLUMNS = FEATURE_NAMES.flatMap((name, column) =>
  ORIGIN_FEATURES.includes(name) ? [column] : [],
);

const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;

/** 1 January 1970 was a Thursday; weekday 0 is Sunday, as in `Date`. */
const EPOCH_WEEKDAY = 4;

/** Flights in the order of their arrivals, with the whole minute at which each is known. */
interface Arrivals {
  readonly flights: Flights;
  readonly rows: Int32Array;
  readonly minutes: Int32Array;
}

/** Rates of the last hours: what a streaming feature store is for. `next` is the first arrival not yet counted. */
interface FastRates {
  next: number;
  readonly origin: DecayedRates;
  readonly destination: DecayedRates;
  readonly system: DecayedRates;
}

/** Rates of the last weeks, and how busy the airport is. */
interface SlowRates {
  next: number;
  readonly origin: DecayedRates;
  readonly destination: DecayedRates;
  readonly route: DecayedRates;
  readonly traffic: DecayedRates;
}

/**
 * The features of the given flights at the moment they leave. Only flights that have arrived by
 * then are known; with a fault, the fast rates are read as they stood `staleHours` before, and an
 * origin may be lost.
 * `rows` must rise.
 */
export function computeFeatures(
  flights: Flights,
  rows: Int32Array,
  fault: FeatureFault = HEALTHY,
): FeatureMatrix {
  const arrivals = arrivalsInOrder(flights);
  const fast = fastRates(flights.airports.length);
  const slow = slowRates(flights.airports.length);
  const columnCount = FEATURE_NAMES.length;
  const values = new Float64Array(rows.length * columnCount);
  for (const [index, row] of rows.entries()) {
    const minute = Number(flights.departureMs[row]) / MINUTE_MS;
    const fastMinute = minute - fault.staleHours * HOUR_MINUTES;
    countFastUntil(fast, arrivals, fastMinute);
    countSlowUntil(slow, arrivals, minute);
    values.set(
      [
        Math.floor(minute / HOUR_MINUTES) % 24,
        (Math.floor(minute / DAY_MINUTES) + EPOCH_WEEKDAY) % 7,
        Number(flights.distanceMiles[row]),
        ...readFast(fast, { flights, row, minute: fastMinute }),
        ...readSlow(slow, { flights, row, minute }),
      ],
      index * columnCount,
    );
    if (flights.airports[Number(flights.origin[row])] === fault.lostOrigin) {
      for (const column of ORIGIN_COLUMNS) values[index * columnCount + column] = 0;
    }
  }
  return { rowCount: rows.length, columnCount, values };
}

/** Sorts by the minute of arrival, earlier departures first within one (a counting sort: linear). */
function arrivalsInOrder(flights: Flights): Arrivals {
  const minuteOf = arrivalTimesMs(flights).map((ms) => Math.ceil(ms / MINUTE_MS));
  const lowest = minuteOf.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = minuteOf.reduce((a, b) => Math.max(a, b), lowest);
  const starts = new Int32Array(flights.count === 0 ? 1 : highest - lowest + 2);
  for (const minute of minuteOf)
    starts[minute - lowest + 1] = Number(starts[minute - lowest + 1]) + 1;
  for (let k = 1; k < starts.length; k++) starts[k] = Number(starts[k]) + Number(starts[k - 1]);
  const rows = new Int32Array(flights.count);
  const minutes = new Int32Array(flights.count);
  for (let row = 0; row < flights.count; row++) {
    const minute = Number(minuteOf[row]);
    const place = Number(starts[minute - lowest]);
    starts[minute - lowest] = place + 1;
    rows[place] = row;
    minutes[place] = minute;
  }
  return { flights, rows, minutes };
}

function fastRates(airportCount: number): FastRates {
  return {
    next: 0,
    origin: decayedRates(airportCount, 2 * HOUR_MINUTES),
    destination: decayedRates(airportCount, 2 * HOUR_MINUTES),
    system: decayedRates(1, HOUR_MINUTES),
  };
}

function slowRates(airportCount: number): SlowRates {
  return {
    next: 0,
    origin: decayedRates(airportCount, 14 * DAY_MINUTES),
    destination: decayedRates(airportCount, 14 * DAY_MINUTES),
    route: decayedRates(airportCount * airportCount, 14 * DAY_MINUTES),
    traffic: decayedRates(airportCount, 2 * HOUR_MINUTES),
  };
}

function countFastUntil(rates: FastRates, arrivals: Arrivals, untilMinute: number): void {
  for (; Number(arrivals.minutes[rates.next]) <= untilMinute; rates.next++) {
    const { origin, destination, event } = arrivalAt(arrivals, rates.next);
    countEvent(rates.origin, origin, event);
    countEvent(rates.destination, destination, event);
    countEvent(rates.system, 0, event);
  }
}

function countSlowUntil(rates: SlowRates, arrivals: Arrivals, untilMinute: number): void {
  for (; Number(arrivals.minutes[rates.next]) <= untilMinute; rates.next++) {
    const { origin, destination, route, event } = arrivalAt(arrivals, rates.next);
    countEvent(rates.origin, origin, event);
    countEvent(rates.destination, destination, event);
    countEvent(rates.route, route, event);
    countEvent(rates.traffic, origin, event);
  }
}

interface Moment {
  readonly flights: Flights;
  readonly row: number;
  readonly minute: number;
}

function readFast(rates: FastRates, { flights, row, minute }: Moment): readonly number[] {
  const { origin, destination } = keysOf(flights, row);
  return [
    rateAt(rates.origin, origin, minute),
    rateAt(rates.destination, destination, minute),
    rateAt(rates.system, 0, minute),
  ];
}

function readSlow(rates: SlowRates, { flights, row, minute }: Moment): readonly number[] {
  const { origin, destination, route } = keysOf(flights, row);
  return [
    rateAt(rates.origin, origin, minute),
    rateAt(rates.destination, destination, minute),
    rateAt(rates.route, route, minute),
    weightAt(rates.traffic, origin, minute),
  ];
}

interface RateKeys {
  readonly origin: number;
  readonly destination: number;
  readonly route: number;
}

function keysOf(flights: Flights, row: number): RateKeys {
  const origin = Number(flights.origin[row]);
  const destination = Number(flights.destination[row]);
  return { origin, destination, route: origin * flights.airports.length + destination };
}

function arrivalAt(arrivals: Arrivals, place: number): RateKeys & { readonly event: DecayedEvent } {
  const row = Number(arrivals.rows[place]);
  const event = { minute: Number(arrivals.minutes[place]), hit: lateLabel(arrivals.flights, row) };
  return { ...keysOf(arrivals.flights, row), event };
}
