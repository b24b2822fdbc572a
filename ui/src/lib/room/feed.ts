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
