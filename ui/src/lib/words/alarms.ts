// Alarms as sentences for a person: what is the matter, and what to do.

import type { Alarm, AlarmShared } from '../backend/backend';
import { lengthText, numberText } from '../time/time';
import { m, sentence } from './words.svelte';

/** Names of what alarms are about, where they are known. */
export interface Names {
  camera(id: string): string | null;
  unit(id: string): string | null;
  volume(id: string): string | null;
}

const NOBODY: Names = { camera: () => null, unit: () => null, volume: () => null };

/** What the cameras of an alarm have in common. */
export function sharedText(shared: AlarmShared | null, names: Names = NOBODY): string {
  switch (shared?.by) {
    case 'host':
      return m.alarm_shared_host({ value: shared.value });
    case 'network':
      return /^[\d.]+$/.test(shared.value) ? m.alarm_shared_network({ value: shared.value }) : m.alarm_shared_domain({ value: shared.value });
    case 'place':
      return m.alarm_shared_place({ value: shared.value });
    case 'unit':
      return names.unit(shared.value) ?? '';
    case 'room':
      return m.alarm_shared_room();
    default:
      return '';
  }
}

/** Cameras of an alarm that are in trouble still. */
export function troubled(alarm: Alarm): number {
  return alarm.cameras.filter((each) => each.back === null).length;
}

/** Which cameras: the one by its name, several by their number and what they have in common. */
function camerasText(alarm: Alarm, names: Names): string {
  const all = alarm.cameras.length;
  const first = alarm.cameras[0];
  if (all === 0 || !first) return '';
  if (all === 1) return names.camera(first.camera) ?? m.camera_gone();
  const lost = troubled(alarm);
  const count = numberText(all);
  const text =
    lost === all || alarm.cleared !== null
      ? m.alarm_cameras_all({ count })
      : lost === 0
        ? m.alarm_cameras_back({ count })
        : m.alarm_cameras_some({ lost: numberText(lost), all: count });
  const shared = sharedText(alarm.shared, names) || m.alarm_shared_none();
  return `${text}, ${shared}`;
}

/** What the sentence is filled with: a name, a count, a length of time. */
function subjectText(alarm: Alarm, names: Names): string {
  if (alarm.cameras.length > 0) return camerasText(alarm, names);
  switch (alarm.kind) {
    case 'clock_stepped': {
      const seconds = Number(alarm.subject.replace(',', '.'));
      if (!Number.isFinite(seconds) || alarm.subject === '') return alarm.subject;
      const length = Math.abs(seconds) < 10 ? m.length_s({ count: numberText(Math.abs(seconds), 1) }) : lengthText(Math.abs(seconds) * 1e6);
      return `${seconds < 0 ? '−' : '+'}${length}`;
    }
    case 'station_crashed':
      return /^\d+$/.test(alarm.subject) ? lengthText(Number(alarm.subject) * 1e6) : alarm.subject;
    case 'files_damaged':
    case 'index_rebuilt':
    case 'recording_overload':
    case 'workers_failing':
      return /^\d+$/.test(alarm.subject) ? numberText(Number(alarm.subject)) : alarm.subject;
    default:
      return alarm.subject || (alarm.volume ? names.volume(alarm.volume) : null) || '';
  }
}

/** One sentence. */
export function alarmText(alarm: Alarm, names: Names = NOBODY): string {
  const filled = sentence(`alarm_${alarm.kind}`, { subject: subjectText(alarm, names) }) ?? m.alarm_unknown({ subject: alarm.subject });
  const text = filled.replace(/\s+/g, ' ').replace(/[\s:]+$/, '');
  const camera = alarm.camera ? names.camera(alarm.camera) : null;
  return camera ? `${text} · ${camera}` : text;
}

/** What its kind is called, without what it is about. */
export function alarmKindText(kind: Alarm['kind']): string {
  return (sentence(`alarm_kind_${kind}`) ?? kind).trim();
}

/** What a person can do about it. */
export function alarmAdvice(alarm: Alarm): string {
  return sentence(`alarm_${alarm.kind}_advice`) ?? '';
}
