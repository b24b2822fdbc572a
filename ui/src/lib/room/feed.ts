// What the feed shows. Pure.

import type { CameraEvent, FeedItem, UtcMicros } from '../backend/backend';

export function feedId(item: FeedItem): string {
  return `${item.kind}:${item.item.id}`;
}

/** Its place in the feed. */
export function feedTime(item: FeedItem): UtcMicros {
  switch (item.kind) {
    case 'note':
    case 'bookmark':
      return item.item.created;
    case 'still':
      return item.item.at;
    case 'alarm':
      return item.item.raised;
    case 'incident':
      return item.item.opened;
    case 'camera':
      return item.item.back ?? item.item.lost;
  }
}

/** One line of the feed: an item, or several cameras lost or back together, which are one thing, not many. */
export type FeedLine =
  | { kind: 'item'; key: string; at: UtcMicros; item: Exclude<FeedItem, { kind: 'camera' }> }
  | { kind: 'cameras'; key: string; at: UtcMicros; back: boolean; events: CameraEvent[] };

const TOGETHER_US = 10_000_000;

export function feedLines(feed: readonly FeedItem[]): FeedLine[] {
  const lines: FeedLine[] = [];
  for (const item of feed) {
    const at = feedTime(item);
    if (item.kind !== 'camera') {
      lines.push({ kind: 'item', key: feedId(item), at, item });
      continue;
    }
    const back = item.item.back !== null;
    const last = lines.at(-1);
    if (last?.kind === 'cameras' && last.back === back && last.at - at <= TOGETHER_US) last.events.push(item.item);
    else lines.push({ kind: 'cameras', key: feedId(item), at, back, events: [item.item] });
  }
  return lines;
}

const LONG_LETTERS = 320;
const LONG_LINES = 6;

/** The beginning of a long text, for the feed; null: it is short enough to stand there whole. */
export function beginning(text: string): string | null {
  const lines = text.split('\n');
  if ([...text].length <= LONG_LETTERS && lines.length <= LONG_LINES) return null;
  const letters = [...lines.slice(0, LONG_LINES - 1).join('\n')].slice(0, LONG_LETTERS - 60).join('');
  // Between words, if there are words.
  const at = letters.search(/\s\S*$/);
  return `${letters.slice(0, at > LONG_LETTERS / 2 ? at : letters.length).trimEnd()} …`;
}
