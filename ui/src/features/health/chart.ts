// From figures over time to what a chart draws: a hole where nothing was measured, and scales that people read. Pure.

import type { History, HistoryFigure } from '../../lib/backend/backend';
import { bitrateText, bytesText, numberText } from '../../lib/time/time';
import { m } from '../../lib/words/words.svelte';

/** Seconds since 1970 and values, in two rows of one length. */
export type Line = [number[], (number | null)[]];

/** A figure's line; null: it is not there. Between points that lie too far apart stands a hole. */
export function lineOf(history: History, figure: HistoryFigure): Line | null {
  const series = history.series.find((each) => each.figure === figure);
  if (!series) return null;
  const xs: number[] = [];
  const ys: (number | null)[] = [];
  history.at.forEach((at, i) => {
    const before = history.at[i - 1];
    if (before !== undefined && at - before > history.step_us) {
      xs.push((before + at) / 2e6);
      ys.push(null);
    }
    xs.push(at / 1e6);
    ys.push(series.values[i] ?? null);
  });
  return [xs, ys];
}

/** Whether there is anything to draw. */
export function isEmpty(line: Line | null): boolean {
  return line === null || line[1].every((value) => value === null);
}

/** A value as it is written beside the chart. */
export function valueText(figure: HistoryFigure, value: number): string {
  switch (figure) {
    case 'cpu':
    case 'up':
      return `${numberText(value * 100, value > 0.995 && value < 1 ? 1 : 0)} %`;
    case 'loss':
      return `${numberText(value * 100, 2)} %`;
    case 'memory':
      return bytesText(value);
    case 'network':
    case 'disk_write':
      return bitrateText(value);
    case 'latency':
      return m.milliseconds({ count: numberText(value) });
    case 'painted':
    case 'fps':
      return m.fps_of({ count: numberText(value, 1) });
    default:
      return numberText(value);
  }
}

/** The top of the scale: a round number above the largest value; shares end at one. */
export function topOf(figure: HistoryFigure, most: number): number {
  if (figure === 'up') return 1;
  if (!(most > 0)) return figure === 'cpu' || figure === 'loss' ? 0.1 : 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const top = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= most * 1.05) ?? most * 1.1;
  return figure === 'cpu' ? Math.min(1, Math.max(top, 0.1)) : top;
}
