import { describe, expect, test } from '@jest/globals';
import { Availability } from '../src/judge/availability.ts';

const both = (one: string, other: string) => [{ from: one, to: other }, { from: other, to: one }];

describe('The longest outage', () => {
  test('is the longest time without an acknowledgement', () => {
    const availability = new Availability(['m1', 'm2', 'm3'], 1_000);
    for (const atMs of [1_100, 1_150, 1_500, 1_510]) availability.acknowledged(atMs);
    expect(availability.longestOutageMs).toBe(350);
    availability.ended(2_000);
    expect(availability.longestOutageMs).toBe(490);
  });

  test('counts while a majority is well, from when it came', () => {
    const availability = new Availability(['m1', 'm2', 'm3'], 0);
    availability.acknowledged(10);
    availability.troubled('m1', 20);
    availability.acknowledged(50);
    expect(availability.serves).toBe(true);
    availability.troubled('m2', 60);
    expect(availability.serves).toBe(false);
    expect(availability.losses).toBe(1);
    availability.recovered('m2', 5_000);
    availability.acknowledged(5_300);
    expect(availability.longestOutageMs).toBe(300);
  });

  test('counts up to when the majority goes', () => {
    const availability = new Availability(['m1', 'm2', 'm3'], 0);
    availability.troubled('m1', 700);
    availability.troubled('m2', 900);
    availability.ended(20_000);
    expect(availability.longestOutageMs).toBe(900);
  });

  test('a manager with two troubles is well when both are gone', () => {
    const availability = new Availability(['m1'], 0);
    availability.troubled('m1', 0);
    availability.troubled('m1', 0);
    availability.recovered('m1', 100);
    expect(availability.serves).toBe(false);
    availability.recovered('m1', 200);
    expect(availability.serves).toBe(true);
  });

  test('a majority is connected only where all of it hear each other, both ways', () => {
    const availability = new Availability(['m1', 'm2', 'm3'], 0);
    availability.cutsAre(both('m1', 'm2'), 10);
    expect(availability.serves).toBe(true);
    availability.cutsAre([...both('m1', 'm2'), { from: 'm3', to: 'm1' }, { from: 'm2', to: 'm3' }], 20);
    expect(availability.serves).toBe(false);
    availability.cutsAre([], 30);
    expect(availability.serves).toBe(true);
    availability.cutsAre(both('clients-b', 'm1'), 40);
    expect(availability.serves).toBe(true);
  });

  test('of five, three that hear each other are enough', () => {
    const ids = ['m1', 'm2', 'm3', 'm4', 'm5'];
    const availability = new Availability(ids, 0);
    const parted = ids.slice(2).flatMap((there) => ids.slice(0, 2).flatMap((here) => both(here, there)));
    availability.cutsAre(parted, 10);
    expect(availability.serves).toBe(true);
    availability.troubled('m5', 20);
    expect(availability.serves).toBe(false);
  });
});
