import { expect, it } from 'vitest';
import { formatForPeople, formatPrometheusDuration, parsePrometheusDuration } from './durations.ts';

it.each([
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['7d', 604_800_000],
  ['1y2w3d4h5m6s7ms', ((365 + 14 + 3) * 24 + 4) * 3_600_000 + 5 * 60_000 + 6_007],
  ['0', 0],
  ['0s', 0],
  ['', undefined],
  ['5', undefined],
  ['1m1h', undefined],
  ['1.5h', undefined],
  ['-5m', undefined],
  ['5 m', undefined],
  ['99999999999y', undefined],
])('%s is %s milliseconds', (text, milliseconds) => {
  expect(parsePrometheusDuration(text)).toBe(milliseconds);
});

it.each([
  [0, '0s'],
  [400, '0s'],
  [45_000, '45s'],
  [300_000, '5m'],
  [16_200_000, '4h30m'],
  [3_605_000, '1h'],
  [90_061_000, '1d1h'],
  [8 * 86_400_000, '8d'],
])('%s milliseconds are told as %s', (milliseconds, text) => {
  expect(formatForPeople(milliseconds)).toBe(text);
});

it.each([
  [0, '0s'],
  [1_500, '1s500ms'],
  [129_600_000, '1d12h'],
  [14 * 86_400_000, '2w'],
  [90 * 86_400_000, '90d'],
  [365 * 86_400_000, '1y'],
  [366 * 86_400_000, '366d'],
])('%s milliseconds are written as %s', (milliseconds, text) => {
  expect(formatPrometheusDuration(milliseconds)).toBe(text);
  expect(parsePrometheusDuration(text)).toBe(milliseconds);
});
