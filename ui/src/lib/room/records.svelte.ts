// What the archive keeps, as this page knows it: volumes, open alarms, copies, neighbours. Fetched on joining, then kept
// up by events; holds and bookmarks are lists that a screen asks for, and only their changes are counted here.

import { SvelteMap } from 'svelte/reactivity';
import { isRefused } from '../backend/backend';
import type { Alarm, AlarmPriority, Backend, CameraId, Copy, Neighbours, Volume } from '../backend/backend';

const RANK: Record<AlarmPriority, number> = { critical: 0, high: 1, medium: 2, low: 3 };

/** Those that a person has not seen come first, then by weight, then those about more cameras, then the newest. */
export function alarmOrder(a: Alarm, b: Alarm): number {
  const seen = (alarm: Alarm) => (alarm.acknowledged === null ? 0 : 1);
  return seen(a) - seen(b) || RANK[a.priority] - RANK[b.priority] || b.cameras.length - a.cameras.length || b.raised - a.raised;
}

/** It goes on, or nobody took note of it yet. */
export function isOpen(alarm: Alarm): boolean {
  return alarm.cleared === null || alarm.acknowledged === null;
}

export class Records {
  volumes = $state.raw<Volume[]>([]);
  /** Open alarms, the most important first. */
  alarms = $state.raw<Alarm[]>([]);
  /** Newest first. */
  copies = $state.raw<Copy[]>([]);
  readonly neighbours = new SvelteMap<CameraId, Neighbours>();
  /** Counts up when a hold was placed, lifted or ran out. */
  holds_changed = $state(0);
  /** Counts up when a bookmark was made, edited or hidden. */
  bookmarks_changed = $state(0);
  readonly backend: Backend;

  readonly running: Copy[] = $derived(this.copies.filter((copy) => copy.phase === 'running'));

  constructor(backend: Backend) {
    this.backend = backend;
  }

  join(): () => void {
    const b = this.backend;
    const offs = [
      b.on('volume.changed', (volumes) => this.#apply(() => (this.volumes = volumes))),
      b.on('alarm.changed', (alarm) => this.#apply(() => this.takeAlarm(alarm))),
      b.on('copy.changed', (copy) => this.#apply(() => this.takeCopy(copy))),
      b.on('neighbours.changed', (each) => this.#apply(() => this.neighbours.set(each.camera, each))),
      b.on('hold.changed', () => (this.holds_changed += 1)),
      b.on('feed.changed', (item) => {
        if (item.kind === 'bookmark') this.bookmarks_changed += 1;
      }),
      b.on('resync', () => void this.fetchAll()),
      b.onLink((link) => {
        if (link === 'joined') void this.fetchAll();
      }),
    ];
    return () => offs.forEach((off) => off());
  }

  /** Events overtake the reply of a list that is older than they are: those that come meanwhile are applied again. */
  #meanwhile: (() => void)[] | null = null;

  #apply(change: () => void): void {
    change();
    this.#meanwhile?.push(change);
  }

  /** Each by itself: an older station may not know one of them. */
  async fetchAll(): Promise<void> {
    const b = this.backend;
    const meanwhile: (() => void)[] = (this.#meanwhile = []);
    const each = [
      b.call('volume.list', null).then((volumes) => (this.volumes = volumes)),
      b.call('alarm.list', { open: true, closed: false, kinds: [], limit: 200 }).then((alarms) => (this.alarms = alarms.filter(isOpen).sort(alarmOrder))),
      b.call('copy.list', null).then((copies) => (this.copies = copies)),
      b.call('neighbour.list', null).then((all) => {
        this.neighbours.clear();
        for (const one of all) this.neighbours.set(one.camera, one);
      }),
    ];
    const done = await Promise.allSettled(each);
    for (const change of meanwhile) change();
    if (this.#meanwhile === meanwhile) this.#meanwhile = null;
    for (const one of done) if (one.status === 'rejected' && !isRefused(one.reason)) console.warn('records', one.reason);
    this.holds_changed += 1;
    this.bookmarks_changed += 1;
  }

  takeAlarm(alarm: Alarm): void {
    const rest = this.alarms.filter((other) => other.id !== alarm.id);
    this.alarms = (isOpen(alarm) ? [...rest, alarm] : rest).sort(alarmOrder);
  }

  takeCopy(copy: Copy): void {
    const known = this.copies.some((other) => other.id === copy.id);
    this.copies = known ? this.copies.map((other) => (other.id === copy.id ? copy : other)) : [copy, ...this.copies];
  }

  volumeName(id: string | null): string | null {
    return this.volumes.find((volume) => volume.id === id)?.name ?? null;
  }
}
