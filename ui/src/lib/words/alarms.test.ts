// A sentence for every alarm and every cause of a gap, in both languages: the generated wire is read, so that a new one
// fails here.

import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Alarm } from '../backend/backend';
import { alarmAdvice, alarmKindText, alarmText, type Names } from './alarms';
import { useLocale } from './words.svelte';

const wire = readFileSync('src/lib/backend/bindings/wire.ts', 'utf8');
const kinds = [...(/export type AlarmKind =([^;]+);/.exec(wire)?.[1] ?? '').matchAll(/"(\w+)"/g)].map((x) => x[1] as Alarm['kind']);
const gap = /export type GapCause =([\s\S]+?\});\n/.exec(wire)?.[1] ?? '';
const causes = [...gap.matchAll(/"cause": "(\w+)"/g)].map((x) => x[1] ?? '');
const states = [...(/export type VolumeState =([^;]+);/.exec(wire)?.[1] ?? '').matchAll(/"(\w+)"/g)].map((x) => x[1] ?? '');
const read = (language: string): Record<string, string> => JSON.parse(readFileSync(`messages/${language}.json`, 'utf8'));

const alarm = (kind: Alarm['kind'], subject: string): Alarm => ({
  id: 'a', kind, priority: 'high', camera: null, volume: null, subject, detail: '', raised: 0, cleared: null, acknowledged: null, acknowledged_by: null,
  comment: '', cameras: [], shared: null,
});
const names: Names = { camera: (id) => `C00${id} Cổng chợ`, unit: () => 'Xã Ea Siên', volume: () => 'Ổ 1' };
afterEach(() => useLocale('vi'));

describe('sentences', () => {
  it('are there for every alarm, with advice', () => {
    expect(kinds.length).toBeGreaterThanOrEqual(9);
    for (const language of ['vi', 'en']) {
      useLocale(language);
      for (const kind of kinds) {
        const text = alarmText(alarm(kind, '7'));
        expect(text, kind).toBe(text.trim());
        expect(text, kind).not.toContain(kind);
        expect(alarmAdvice(alarm(kind, '')), kind).not.toBe('');
        expect(alarmKindText(kind), kind).not.toBe(kind);
      }
    }
  });

  it('are there for every cause of a gap and every state of a volume', () => {
    expect(causes.length).toBeGreaterThanOrEqual(12);
    for (const words of [read('vi'), read('en')]) {
      for (const cause of causes) expect(words[`gap_${cause}`], cause).toBeDefined();
      for (const state of states) expect(words[`vol_state_${state}`], state).toBeDefined();
    }
  });

  it('are filled, and whole when there is nothing to fill them with', () => {
    expect(alarmText(alarm('volume_failed', 'Ổ 3'))).toContain('Ổ 3');
    expect(alarmText(alarm('volume_failed', ''))).not.toMatch(/[:\s]$/);
    expect(alarmText(alarm('clock_stepped', '-3612.4'))).toContain('−1 giờ');
    expect(alarmText(alarm('clock_stepped', '1.5'))).toContain('+1,5 s');
    expect(alarmText(alarm('files_damaged', '1234'))).toContain('1.234');
    expect(alarmText({ ...alarm('volume_full', ''), kind: 'from_the_future' as Alarm['kind'] })).not.toBe('');
    expect(alarmText({ ...alarm('volume_missing', ''), volume: 'v' }, names)).toContain('Ổ 1');
    expect(alarmText(alarm('station_crashed', '75'))).toContain('1 ph 15 s');
  });

  it('name one camera, and count many with what they have in common', () => {
    const camera = (id: number, back: number | null = null) => ({ camera: String(id), lost: 1, back, reason: null });
    const lost = (cameras: Alarm['cameras'], shared: Alarm['shared'] = null): Alarm => ({ ...alarm('camera_lost', ''), cameras, shared });
    expect(alarmText(lost([camera(1)]), names)).toBe('Mất tín hiệu: C001 Cổng chợ');
    const twelve = Array.from({ length: 12 }, (_, i) => camera(i));
    expect(alarmText(lost(twelve, { by: 'network', value: '10.20.1' }), names)).toBe('Mất tín hiệu: 12 camera, cùng đường truyền 10.20.1.x');
    const some = twelve.map((each, i) => (i < 5 ? { ...each, back: 9 } : each));
    expect(alarmText(lost(some, { by: 'unit', value: 'u' }), names)).toBe('Mất tín hiệu: 7/12 camera, Xã Ea Siên');
    expect(alarmText({ ...lost(some, { by: 'room' }), cleared: 9 }, names)).toContain('12 camera, gần như toàn bộ');
    useLocale('en');
    expect(alarmText(lost(twelve), names)).toBe('No picture: 12 cameras, at the same time');
  });
});
