// Words and order of the storage planner. Pure.

import type { CameraPlan, StoragePlan, Volume } from '../../lib/backend/backend';

/** What is wished for does not fit. */
export function tooFew(plan: Pick<CameraPlan, 'keep_days' | 'days_fit' | 'bytes_per_day'>): boolean {
  return plan.bytes_per_day > 0 && plan.days_fit !== null && plan.days_fit < plan.keep_days;
}

/** Bytes that are missing to keep every camera as long as is wished; 0: it fits. */
export function missingBytes(plan: StoragePlan): number {
  return Math.max(0, plan.needed_bytes - plan.capacity_bytes);
}

export type Column = 'code' | 'main' | 'sub' | 'share' | 'per_day' | 'keep' | 'fit' | 'oldest' | 'used';

export function sorted(plans: readonly CameraPlan[], column: Column, down: boolean, code: (plan: CameraPlan) => string): CameraPlan[] {
  const by_code = (a: CameraPlan, b: CameraPlan) => code(a).localeCompare(code(b), 'vi', { numeric: true });
  const value: Record<Exclude<Column, 'code'>, (plan: CameraPlan) => number> = {
    main: (p) => p.main_bps,
    sub: (p) => p.sub_bps,
    share: (p) => p.share,
    per_day: (p) => p.bytes_per_day,
    keep: (p) => p.keep_days,
    fit: (p) => p.days_fit ?? Infinity,
    oldest: (p) => p.oldest ?? Infinity,
    used: (p) => p.used_bytes,
  };
  const sign = down ? -1 : 1;
  if (column === 'code') return [...plans].sort((a, b) => sign * by_code(a, b));
  const of = value[column];
  return [...plans].sort((a, b) => {
    const [x, y] = [of(a), of(b)];
    // Where nothing is measured there is nothing to order: those come last either way.
    if (x === y) return by_code(a, b);
    if (!Number.isFinite(x)) return 1;
    if (!Number.isFinite(y)) return -1;
    return sign * (x - y);
  });
}

/** A number of gigabytes as typed, with comma or point; null: nothing typed; NaN: no number. */
export function typedBytes(text: string): number | null {
  const clean = text.trim().replace(/\s/g, '').replace(',', '.');
  if (clean === '') return null;
  return /^\d+(\.\d+)?$/.test(clean) ? Math.round(Number(clean) * 1e9) : NaN;
}

/** Bytes as they stand in the form's fields. */
export function gigabytes(bytes: number, comma: boolean): string {
  const text = String(Math.round(bytes / 1e7) / 100);
  return comma ? text.replace('.', ',') : text;
}

/** Left free on a new volume: a twentieth of the disk, never more than half of what is free now. */
export function usualReserve(total_bytes: number, free_bytes: number): number {
  return Math.floor(Math.min(Math.max(total_bytes / 20, 5e9), free_bytes / 2));
}

/** Shares of the disk, 0 to 1: recordings, other files, and what recordings may not take. */
export function shares(volume: Volume): { used: number; other: number; barred: number } {
  const total = Math.max(1, volume.total_bytes);
  const used = Math.min(1, volume.used_bytes / total);
  const other = Math.max(0, 1 - used - volume.free_bytes / total);
  const by_quota = volume.quota_bytes === null ? Infinity : Math.max(0, volume.quota_bytes - volume.used_bytes);
  const may = Math.max(0, Math.min(volume.free_bytes - volume.reserve_bytes, by_quota)) / total;
  return { used, other, barred: Math.max(0, 1 - used - other - may) };
}
