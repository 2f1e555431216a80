import { expect, test } from 'vitest';
import {
  computeFeatures,
  DAY_OLD,
  FEATURE_NAMES,
  HEALTHY,
  WITHOUT_EWR,
} from '../../../src/demo/features.ts';
import type { Flights } from '../../../src/demo/flights.ts';
import { flightsOf } from '../../support/demo/flight-builder.ts';

const PRIOR = 0.2;
const DAY = 24 * 60;

/** The features of one flight, by name. */
function featuresOf(flights: Flights, row: number, fault = HEALTHY) {
  const matrix = computeFeatures(flights, Int32Array.of(row), fault);
  expect(matrix.rowCount).toBe(1);
  expect(matrix.columnCount).toBe(10);
  return Object.fromEntries(FEATURE_NAMES.map((name, k) => [name, Number(matrix.values[k])]));
}

test('the hour, the weekday (0 is Sunday) and the distance are those of the flight', () => {
  const flights = flightsOf([{ minute: 17 * 60 + 59, miles: 733 }, { minute: 6 * DAY + 60 }]);
  expect(featuresOf(flights, 0)).toMatchObject({ hour: 17, weekday: 0, distance_miles: 733 });
  expect(featuresOf(flights, 1)).toMatchObject({ hour: 1, weekday: 6, distance_miles: 75 });
});

test('a flight that is still in the air counts for nothing', () => {
  const flights = flightsOf([{ minute: 0, delay: 60 }, { minute: 99 }]);
  const features = featuresOf(flights, 1);
  for (const name of FEATURE_NAMES.slice(3, 9)) expect(features[name]).toBeCloseTo(PRIOR, 12);
  expect(features['origin_traffic']).toBe(0);
});

test('a flight counts from the minute in which it arrives', () => {
  const flights = flightsOf([{ minute: 0, delay: 60 }, { minute: 100 }]);
  const features = featuresOf(flights, 1);
  for (const name of FEATURE_NAMES.slice(3, 9)) expect(features[name]).toBeCloseTo(3 / 11, 12);
  expect(features['origin_traffic']).toBeCloseTo(1, 12);
});

test('a flight that arrived on time draws every rate down', () => {
  const flights = flightsOf([{ minute: 0, delay: 15 }, { minute: 55 }]);
  expect(featuresOf(flights, 1)['system_late_1h']).toBeCloseTo(2 / 11, 12);
});

test('each rate sees its own airport or route, the system rate sees all', () => {
  const flights = flightsOf([
    { minute: 0, delay: 20, origin: 0, destination: 1 },
    { minute: 60, origin: 0, destination: 2 },
    { minute: 60, origin: 2, destination: 1 },
  ]);
  const sameOrigin = featuresOf(flights, 1);
  expect(sameOrigin['origin_late_2h']).toBeCloseTo(3 / 11, 12);
  expect(sameOrigin['destination_late_2h']).toBeCloseTo(PRIOR, 12);
  expect(sameOrigin['route_late_14d']).toBeCloseTo(PRIOR, 12);
  expect(sameOrigin['system_late_1h']).toBeCloseTo(3 / 11, 12);
  const sameDestination = featuresOf(flights, 2);
  expect(sameDestination['origin_late_14d']).toBeCloseTo(PRIOR, 12);
  expect(sameDestination['destination_late_14d']).toBeCloseTo(3 / 11, 12);
  expect(sameDestination['origin_traffic']).toBe(0);
});

test('rates fade with their half-lives: 1 h for the system, 2 h for airports, 14 days for routes', () => {
  const flights = flightsOf([{ minute: 0, delay: 20 }, { minute: 60 + 120 }]);
  const features = featuresOf(flights, 1);
  expect(features['system_late_1h']).toBeCloseTo((0.25 + 2) / (0.25 + 10), 12);
  expect(features['origin_late_2h']).toBeCloseTo((0.5 + 2) / (0.5 + 10), 12);
  expect(features['origin_traffic']).toBeCloseTo(0.5, 12);
  const kept = 0.5 ** (120 / (14 * DAY));
  expect(features['route_late_14d']).toBeCloseTo((kept + 2) / (kept + 10), 12);
});

test('a day-old table holds the fast rates as they stood a day before, and fresh slow ones', () => {
  const yesterday = { minute: 0, delay: 20 };
  const today = { minute: DAY, delay: 0 };
  const flights = flightsOf([yesterday, today, { minute: DAY + 60 }]);
  const fresh = featuresOf(flights, 2);
  const old = featuresOf(flights, 2, DAY_OLD);
  const asOfYesterday = featuresOf(flightsOf([yesterday, { minute: 60 }]), 1);
  for (const name of ['origin_late_2h', 'destination_late_2h', 'system_late_1h']) {
    expect(old[name]).toBeCloseTo(Number(asOfYesterday[name]), 12);
    expect(old[name]).not.toBeCloseTo(Number(fresh[name]), 3);
  }
  for (const name of FEATURE_NAMES.filter((each) => !/_[12]h$/.test(each))) {
    expect(old[name]).toBe(fresh[name]);
  }
});

test('a lost origin takes its own features along, and nothing of the destination', () => {
  const flights = {
    ...flightsOf([
      { minute: 0, delay: 60, origin: 1, destination: 2 },
      { minute: 300, origin: 1, destination: 2 },
      { minute: 300, origin: 2, destination: 1 },
    ]),
    airports: ['ATL', 'EWR', 'SFO'],
  };
  const whole = featuresOf(flights, 1);
  const lost = featuresOf(flights, 1, WITHOUT_EWR);
  for (const name of FEATURE_NAMES) {
    expect(lost[name]).toBe(/^(origin|route)_/.test(name) ? 0 : whole[name]);
  }
  expect(featuresOf(flights, 2, WITHOUT_EWR)).toEqual(featuresOf(flights, 2));
});

test('asking for some rows gives what asking for all rows gives them', () => {
  const flights = flightsOf(
    Array.from({ length: 40 }, (_, k) => ({
      minute: 7 * k,
      delay: (k * 13) % 31,
      origin: k % 3,
      destination: (k + 1) % 3,
    })),
  );
  const all = computeFeatures(
    flights,
    Int32Array.from({ length: 40 }, (_, k) => k),
  );
  const some = computeFeatures(flights, Int32Array.of(5, 39));
  expect(some.values.subarray(0, 10)).toEqual(all.values.subarray(50, 60));
  expect(some.values.subarray(10, 20)).toEqual(all.values.subarray(390, 400));
});

test('no rows make an empty matrix', () => {
  expect(computeFeatures(flightsOf([]), new Int32Array(0)).rowCount).toBe(0);
});
