// A camera as it is typed in. Pure.

import type { Camera, CameraDraft, Neighbour, RecordProfile, Transport, UnitId } from '../../lib/backend/backend';
import { newId } from '../../lib/backend/ids';

/** What stands in the form's fields. The password is never filled in. */
export interface CameraFields {
  id: string;
  code: string;
  name: string;
  unit: UnitId | null;
  place: string;
  main_url: string;
  sub_url: string;
  username: string;
  password: string;
  /** A stored password stays unless another is typed or it is taken away. */
  keep_password: boolean;
  transport: Transport | null;
  record: RecordProfile;
}

export function fieldsOf(camera: Camera | null): CameraFields {
  return {
    id: camera?.id ?? newId(),
    code: camera?.code ?? '',
    name: camera?.name ?? '',
    unit: camera?.unit ?? null,
    place: camera?.place ?? '',
    main_url: camera?.main_url ?? '',
    sub_url: camera?.sub_url ?? '',
    username: camera?.username ?? '',
    password: '',
    keep_password: camera?.has_password ?? false,
    transport: camera?.transport ?? null,
    record: profileOf(camera),
  };
}

/** A copy that a form may change. */
export function profileOf(camera: Camera | null): RecordProfile {
  const { streams = 'both', schedule = [], keep_days = null } = camera?.record ?? {};
  return { streams, schedule: schedule.map((span) => ({ ...span })), keep_days };
}

/** Everything that stands in the form, kept while it is not saved. */
export interface CameraTyped {
  fields: CameraFields;
  /** The name of a unit that does not exist yet. */
  new_unit: string | null;
  /** Where the road goes on. */
  next: Neighbour[];
  /** The neighbours that this began with: only what was changed is written. */
  next_was: string;
  tab: 'camera' | 'record' | 'next';
  /** What stood there when nothing was typed yet. */
  was: string;
}

export function typedOf(camera: Camera | null, next: readonly Neighbour[]): CameraTyped {
  const typed: CameraTyped = { fields: fieldsOf(camera), new_unit: null, next: next.map((each) => ({ ...each })), next_was: JSON.stringify(next), tab: 'camera', was: '' };
  return { ...typed, was: typedText(typed) };
}

/** For comparing: the tab that is open is not typed. */
export function typedText({ fields, new_unit, next }: CameraTyped): string {
  return JSON.stringify([fields, new_unit, next]);
}

/** As the station takes it. */
export function draftOf(fields: CameraFields): CameraDraft {
  const { keep_password, password, ...rest } = fields;
  const text = (value: string) => value.normalize('NFC').trim();
  return {
    ...rest,
    code: text(rest.code),
    name: text(rest.name),
    place: text(rest.place),
    main_url: rest.main_url.trim(),
    sub_url: rest.sub_url.trim(),
    username: rest.username.trim(),
    // A password is taken letter by letter: neither trimmed nor normalised.
    password: password !== '' ? password : keep_password ? null : '',
    record: { ...rest.record, schedule: rest.record.schedule.map((span) => ({ ...span })) },
  };
}

/**
 * Takes user and password out of an address that was pasted with them, so that the screen does not show them. Null if
 * there are none, or if it cannot be told where they end (the station then says so).
 */
export function splitAddress(url: string): { url: string; username: string; password: string } | null {
  const [, head, rest] = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/i.exec(url.trim()) ?? [];
  if (head === undefined || rest === undefined) return null;
  // A password may hold @, : and /. The host begins behind the first @ that is followed by something like a host.
  const at = [...rest.matchAll(/@/g)].find((found) => HOST.test(rest.slice(found.index + 1)))?.index;
  if (at === undefined) return null;
  const user = rest.slice(0, at);
  const behind = rest.slice(at + 1);
  // `host/path@x` has no user; a second @ behind the host leaves open which is which.
  if (behind.includes('@') || (user.includes('/') && HOST.test(user))) return null;
  const colon = user.indexOf(':');
  return {
    url: head + behind,
    username: plain(colon < 0 ? user : user.slice(0, colon)),
    password: colon < 0 ? '' : plain(user.slice(colon + 1)),
  };
}

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?([/?]|$)/i;

/** Percent-encoding undone, if it is that. */
function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
