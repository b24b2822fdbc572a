import { describe, expect, it } from 'vitest';
import { FakeBackend } from '../backend/fake';
import { RoomState } from '../room/room.svelte';
import { Desk } from './desk.svelte';
import { Drafts } from './drafts.svelte';

describe('a draft', () => {
  it('stands there again until it is dropped', () => {
    const drafts = new Drafts();
    drafts.keep('a', () => ({ text: '' })).text = 'nửa chừng';
    expect(drafts.keep('a', () => ({ text: '' })).text).toBe('nửa chừng');
    drafts.drop('a');
    expect(drafts.has('a')).toBe(false);
    expect(drafts.keep('a', () => ({ text: '' })).text).toBe('');
  });

  it('outlives a change of view', () => {
    const desk = new Desk(new RoomState(new FakeBackend(1)));
    desk.drafts.keep('camera:new', () => ({ name: '' })).name = 'Cổng';
    desk.view = 'stills';
    desk.view = 'cameras';
    expect(desk.drafts.keep('camera:new', () => ({ name: '' })).name).toBe('Cổng');
  });
});
