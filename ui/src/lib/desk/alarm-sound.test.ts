import { describe, expect, it } from 'vitest';
import type { Alarm, AlarmPriority, AlarmSound } from '../backend/backend';
import { SoundSchedule, TONES } from './alarm-sound';

const SOUND: AlarmSound = { critical: 'siren', high: 'chime', medium: 'soft', low: 'none', volume: 50, repeat_s: 20, muted_until: null };
const alarm = (id: string, priority: AlarmPriority, more: Partial<Alarm> = {}): Alarm => ({
  id, kind: 'camera_lost', priority, camera: null, volume: null, subject: '', detail: '', raised: 1, cleared: null, acknowledged: null, acknowledged_by: null,
  comment: '', cameras: [], shared: null, ...more,
});

/** What sounds within so many seconds, second by second. */
function heard(schedule: SoundSchedule, alarms: Alarm[], seconds: number, sound = SOUND, from_s = 1000): [number, string][] {
  const all: [number, string][] = [];
  for (let s = 0; s < seconds; s += 1) {
    const tone = schedule.due(alarms, sound, (from_s + s) * 1000);
    if (tone) all.push([s, tone]);
  }
  return all;
}

describe('an alarm', () => {
  it('sounds once, a critical one again until a person took note', () => {
    expect(heard(new SoundSchedule(), [alarm('a', 'high')], 90)).toEqual([[0, 'chime']]);
    const schedule = new SoundSchedule();
    expect(heard(schedule, [alarm('a', 'critical')], 50)).toEqual([[0, 'siren'], [20, 'siren'], [40, 'siren']]);
    expect(heard(schedule, [alarm('a', 'critical', { acknowledged: 5 })], 50, SOUND, 1050)).toEqual([]);
    expect(heard(new SoundSchedule(), [alarm('a', 'critical')], 50, { ...SOUND, repeat_s: 0 })).toEqual([[0, 'siren']]);
  });

  it('is the heaviest of several, and silent where that is chosen', () => {
    expect(heard(new SoundSchedule(), [alarm('a', 'low'), alarm('b', 'medium'), alarm('c', 'high')], 5)).toEqual([[0, 'chime']]);
    expect(heard(new SoundSchedule(), [alarm('a', 'low')], 5)).toEqual([]);
  });

  it('does not sound again because it changed, but a new one does', () => {
    const schedule = new SoundSchedule();
    heard(schedule, [alarm('a', 'high')], 2);
    expect(heard(schedule, [alarm('a', 'high', { shared: { by: 'room' } }), alarm('b', 'high')], 2, SOUND, 1002)).toEqual([[0, 'chime']]);
  });

  it('is silent while muted; what is critical then goes on, the rest is not made up for', () => {
    const schedule = new SoundSchedule();
    const muted = { ...SOUND, muted_until: 1_030_000_000 };
    expect(heard(schedule, [alarm('a', 'high'), alarm('b', 'critical')], 40, muted)).toEqual([[30, 'siren']]);
  });

  it('that is over before anybody heard it does not sound', () => {
    expect(heard(new SoundSchedule(), [alarm('a', 'high', { cleared: 4 })], 5)).toEqual([]);
  });
});

it('tones differ and are short', () => {
  const all = Object.values(TONES);
  expect(new Set(all.map((notes) => notes.map((n) => n.pitch).join())).size).toBe(all.length);
  for (const notes of all) expect(Math.max(...notes.map((n) => n.at + n.length))).toBeLessThan(2);
});
