// What was counted, as tables: the same rows are drawn, printed and saved. Pure but for names.

import type { Counted, Lengths, Statistics } from '../../lib/backend/backend';
import { lengthText, numberText } from '../../lib/time/time';
import { m } from '../../lib/words/words.svelte';
import type { Sheet } from './csv';

/** How things are called today. */
export interface Names {
  category(code: string): string;
  unit(id: string): string | null;
  camera(id: string): string;
}

export interface Group {
  key: string;
  title: string;
  rows: { name: string; of: Counted }[];
}

/** One column of a chart. */
export interface Column {
  name: string;
  count: number;
}

export function groupsOf(found: Statistics, names: Names): Group[] {
  return [
    { key: 'category', title: m.stat_by_category(), rows: found.by_category.map(({ category, of }) => ({ name: category === null ? m.stat_no_category() : names.category(category), of })) },
    { key: 'unit', title: m.stat_by_unit(), rows: found.by_unit.map(({ unit, of }) => ({ name: (unit === null ? null : names.unit(unit)) ?? m.no_unit(), of })) },
    { key: 'camera', title: m.stat_by_camera(), rows: found.by_camera.map(({ camera, of }) => ({ name: names.camera(camera), of })) },
  ];
}

export function hoursOf(found: Statistics): Column[] {
  return found.by_hour.map((count, hour) => ({ name: String(hour).padStart(2, '0'), count }));
}

export function monthsOf(found: Statistics): Column[] {
  return found.by_month.map(({ year, month, count }) => ({ name: `${String(month).padStart(2, '0')}/${year}`, count }));
}

/** Half of them no longer than this; a dash of none. */
export const medianText = (lengths: Lengths) => (lengths.count === 0 ? '–' : lengthText(lengths.median_s * 1e6));
export const p90Text = (lengths: Lengths) => (lengths.count === 0 ? '–' : lengthText(lengths.p90_s * 1e6));

/** What the three lengths of time are. */
export function lengthsOf(found: Statistics): { name: string; hint: string; of: Lengths }[] {
  return [
    { name: m.stat_told(), hint: m.stat_told_hint(), of: found.told },
    { name: m.stat_response(), hint: m.stat_response_hint(), of: found.all.response },
    { name: m.stat_open(), hint: m.stat_open_hint(), of: found.all.open },
  ];
}

const minutes = (lengths: Lengths, of: 'median_s' | 'p90_s') => (lengths.count === 0 ? null : Math.round(lengths[of] / 6) / 10);

/** Everything, as it is saved. */
export function sheetsOf(found: Statistics, names: Names, period: string): Sheet[] {
  const column = (title: string, first: string, columns: Column[]): Sheet => ({ title, head: [first, m.stat_count()], rows: columns.map(({ name, count }) => [name, count]) });
  const group = ({ title, rows }: Group): Sheet => ({
    title,
    head: ['', m.stat_count(), m.stat_closed(), m.stat_csv_median({ what: m.stat_response() }), m.stat_csv_p90({ what: m.stat_response() }), m.stat_csv_median({ what: m.stat_open() }), m.stat_csv_p90({ what: m.stat_open() })],
    rows: rows.map(({ name, of }) => [name, of.count, of.closed, minutes(of.response, 'median_s'), minutes(of.response, 'p90_s'), minutes(of.open, 'median_s'), minutes(of.open, 'p90_s')]),
  });
  return [
    {
      title: m.stat_title({ period }),
      head: [m.stat_count(), m.stat_closed(), m.stat_cancelled(), m.stat_merged(), m.stat_without_camera()],
      rows: [[found.all.count, found.all.closed, found.cancelled, found.merged, found.without_camera]],
    },
    { title: m.stat_times(), head: ['', m.stat_of(), m.stat_csv_median({ what: '' }).trim(), m.stat_csv_p90({ what: '' }).trim()], rows: lengthsOf(found).map(({ name, of }) => [name, of.count, minutes(of, 'median_s'), minutes(of, 'p90_s')]) },
    ...groupsOf(found, names).map(group),
    column(m.stat_by_hour(), m.stat_hour(), hoursOf(found)),
    column(m.stat_by_month(), m.stat_month(), monthsOf(found)),
  ];
}

export const shareText = (count: number, all: number) => (all === 0 ? '' : `${numberText((count / all) * 100)} %`);
