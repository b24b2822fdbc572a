// What a screen reader says of a tile: which camera, and everything that is not normal about it, in words. The strip and
// what stands in the picture's place show the same and are not read again.

import type { Camera, ReviewTile } from '../backend/backend';
import type { CameraView } from '../room/cameras';
import { recordedOf } from '../room/recorded';
import { gapText } from '../review/words';
import { ageText } from '../time/time';
import { m } from '../words/words.svelte';

export interface TileFacts {
  /** From 1. */
  number: number;
  camera: Camera | undefined;
  /** The camera that was here is no longer in the room. */
  gone: boolean;
  /** Live: how the camera is. */
  view: CameraView | null;
  /** Live: the age of a picture that is older than it should be. */
  age_s: number | null;
  /** The archive: what the tile shows. */
  shown: ReviewTile | null;
  archive: boolean;
}

export function tileLabel({ number, camera, gone, view, age_s, shown, archive }: TileFacts): string {
  const empty = m.tile_empty({ number: String(number) });
  if (!camera) return gone ? `${empty}, ${m.tile_gone()}` : empty;
  const said = [`${camera.code} ${camera.name}`];
  if (archive) {
    if (shown?.missing) said.push(m.missing(), ...(shown.missing.cause ? [gapText(shown.missing.cause)] : []));
    return said.join(', ');
  }
  if (view?.phase === 'lost') said.push(m.lost());
  else if (view?.phase === 'stalled') said.push(m.stalled());
  else if (view?.phase === 'connecting') said.push(m.connecting());
  else if (age_s !== null) said.push(m.stale({ age: ageText(age_s * 1000) }));
  const recorded = view?.phase === 'live' ? recordedOf(camera) : null;
  if (recorded && recorded.state !== 'recording' && recorded.state !== 'off' && !recorded.part) said.push(m.rec_none());
  return said.join(', ');
}
