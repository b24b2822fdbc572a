// What the station in memory counts, keeps as filters, and says of a day. Part of fake.ts.

import { Failure } from './backend';
import type { Camera, CameraDay, Commands, Counted, Incident, Lengths, SavedFilter, Statistics, Volume } from './backend';

export interface ReportRoom {
  cameras(): Camera[];
  incidents(): Incident[];
  volumes(): Volume[];
  who(): string;
}

type Reported = 'incident.statistics' | 'filter.list' | 'filter.put' | 'filter.delete' | 'health.day';
export type ReportHandlers = { [K in Reported]: (args: Commands[K]['args']) => Commands[K]['reply'] };

function lengths(all: number[]): Lengths {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, median_s: at(0.5), p90_s: at(0.9) };
}

function counted(of: Incident[]): Counted {
  const closed = of.filter((each) => each.state === 'closed');
  const open = closed.map((each) => ((each.closed ?? 0) - each.text.detected) / 1e6);
  // The station in memory knows no answers of those: made up, and the same each time.
  const response = of.map((each) => 180 + (Number(each.number.slice(-2)) % 17) * 75);
  return { count: of.length, closed: closed.length, open: lengths(open), response: lengths(response) };
}

function grouped<K>(of: Incident[], keys: (each: Incident) => K[]): [K, Counted][] {
  const heaps = new Map<K, Incident[]>();
  for (const each of of) for (const key of keys(each)) heaps.set(key, [...(heaps.get(key) ?? []), each]);
  return [...heaps].map(([key, heap]): [K, Counted] => [key, counted(heap)]).sort((a, b) => b[1].count - a[1].count);
}

export class FakeReport {
  readonly #room: ReportRoom;
  readonly #filters: (SavedFilter & { who: string })[] = [];

  constructor(room: ReportRoom) {
    this.#room = room;
  }

  #statistics(from: number, to: number): Statistics {
    const within = this.#room.incidents().filter((each) => each.text.detected >= from && each.text.detected < to);
    const cases = within.filter((each) => each.state !== 'cancelled');
    const by_hour = Array<number>(24).fill(0);
    const by_month: Statistics['by_month'] = [];
    for (const at = new Date(from / 1000); at.getTime() * 1000 < to; at.setMonth(at.getMonth() + 1, 1)) by_month.push({ year: at.getFullYear(), month: at.getMonth() + 1, count: 0 });
    for (const each of cases) {
      const at = new Date(each.text.detected / 1000);
      by_hour[at.getHours()] = (by_hour[at.getHours()] ?? 0) + 1;
      const month = by_month.find((one) => one.year === at.getFullYear() && one.month === at.getMonth() + 1);
      if (month) month.count += 1;
    }
    return {
      from, to, all: counted(cases), by_hour, by_month,
      without_camera: cases.filter((each) => each.cameras.length === 0).length,
      cancelled: within.filter((each) => each.state === 'cancelled' && each.merged_into === null).length,
      merged: within.filter((each) => each.merged_into !== null).length,
      by_category: grouped(cases, (each) => [each.text.category]).map(([category, of]) => ({ category, of })),
      by_unit: grouped(cases, (each) => [each.text.unit]).map(([unit, of]) => ({ unit, of })),
      by_camera: grouped(cases, (each) => each.cameras).map(([camera, of]) => ({ camera, of })),
      told: lengths(cases.map((each) => 60 + (Number(each.number.slice(-2)) % 11) * 40)),
    };
  }

  #day(camera: Camera, i: number, length_s: number): CameraDay {
    const lost = camera.sessions.some((session) => session.state.phase === 'retrying' || session.state.phase === 'stalled');
    const failing = camera.recordings.some((recording) => recording.phase === 'failing');
    const lost_s = lost ? Math.round(length_s * 0.18) : i % 7 === 3 ? 35 : 0;
    const missing_s = failing ? Math.round(length_s * 0.05) : lost_s >= 60 ? lost_s : 0;
    const off = camera.record.streams === 'off';
    return {
      camera: camera.id, live: 1 - lost_s / length_s, measured_s: length_s, losses: lost ? 4 : i % 7 === 3 ? 1 : 0, lost_s, longest_s: Math.round(lost_s * 0.8),
      recorded_s: off ? 0 : length_s - missing_s, missing_s: off ? 0 : missing_s, disk_s: failing && !off ? missing_s : 0,
    };
  }

  readonly handlers: ReportHandlers = {
    'incident.statistics': ({ from, to }) => {
      if (to <= from) throw new Failure({ code: 'Invalid', key: 'problem_statistics_time', field: 'from', params: {}, detail: '' });
      return this.#statistics(from, to);
    },
    'filter.list': () => this.#filters.filter((each) => each.who === this.#room.who()).map(({ id, name, query }) => ({ id, name, query })),
    'filter.put': ({ id, name, query }) => {
      if (name.trim() === '') throw new Failure({ code: 'Invalid', key: 'problem_filter_name', field: 'name', params: {}, detail: '' });
      const at = this.#filters.findIndex((each) => each.id === id);
      const put = { id, name, query: { ...query, after: null, limit: 0 }, who: this.#room.who() };
      if (at < 0) this.#filters.push(put);
      else this.#filters[at] = put;
      return { id, name, query: put.query };
    },
    'filter.delete': (id) => {
      const at = this.#filters.findIndex((each) => each.id === id);
      if (at >= 0) this.#filters.splice(at, 1);
      return null;
    },
    'health.day': ({ from, to }) => {
      const now = Date.now() * 1000;
      const end = Math.min(to, now);
      const length_s = Math.max(1, Math.round((end - from) / 1e6));
      return { from, to: end, cameras: this.#room.cameras().map((camera, i) => this.#day(camera, i, length_s)), volumes: this.#room.volumes(), storage_days: 23.4 };
    },
  };
}
