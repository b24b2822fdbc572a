// Alarms as sentences for a person: what is the matter, and what to do.

import type { Alarm } from '../backend/backend';
import { lengthText, numberText } from '../time/time';
import { m, sentence } from './words.svelte';

/** What the sentence is filled with: a name, a count, a length of time. */
function subjectText(alarm: Alarm, volume: string | null): string {
  switch (alarm.kind) {
    case 'clock_stepped': {
      const seconds = Number(alarm.subject.replace(',', '.'));
      if (!Number.isFinite(seconds) || alarm.subject === '') return alarm.subject;
      const length = Math.abs(seconds) < 10 ? m.length_s({ count: numberText(Math.abs(seconds), 1) }) : lengthText(Math.abs(seconds) * 1e6);
      return `${seconds < 0 ? '−' : '+'}${length}`;
    }
    case 'files_damaged':
    case 'index_rebuilt':
    case 'recording_overload':
      return /^\d+$/.test(alarm.subject) ? numberText(Number(alarm.subject)) : alarm.subject;
    default:
      return alarm.subject || volume || '';
  }
}

/** One sentence. `camera` and `volume`: their names, where the alarm is about one and it is known. */
export function alarmText(alarm: Alarm, camera: string | null = null, volume: string | null = null): string {
  const text = (sentence(`alarm_${alarm.kind}`, { subject: subjectText(alarm, volume) }) ?? m.alarm_unknown({ subject: alarm.subject })).replace(/\s+/g, ' ').replace(/[\s:]+$/, '');
  return camera ? `${text} · ${camera}` : text;
}

/** What a person can do about it. */
export function alarmAdvice(alarm: Alarm): string {
  return sentence(`alarm_${alarm.kind}_advice`) ?? '';
}
