import { describe, expect, it, vi } from 'vitest';
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

  it('is seen by nobody but its writer', () => {
    const drafts = new Drafts();
    drafts.who = 'an';
    drafts.keep('a', () => ({ text: '' })).text = 'của An';
    drafts.who = 'binh';
    expect([drafts.has('a'), drafts.keep('a', () => ({ text: '' })).text]).toEqual([false, '']);
    drafts.who = 'an';
    expect(drafts.keep('a', () => ({ text: '' })).text).toBe('của An');
  });

  it('outlives the page where it matters, until it is saved', () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, text: string) => void kept.set(key, text), removeItem: (key: string) => void kept.delete(key) };
    vi.stubGlobal('localStorage', storage);
    const first = new Drafts();
    const make = () => ({ text: '', at: null as number | null });
    first.keepSafe('note', make).text = 'Xe rẽ vào thôn 5';
    first.flush();
    const page = new Drafts();
    expect(page.has('note')).toBe(true);
    expect(page.keepSafe('note', make)).toEqual({ text: 'Xe rẽ vào thôn 5', at: null });
    page.drop('note');
    page.flush();
    expect([new Drafts().has('note'), page.keepSafe('note', make).text]).toEqual([false, '']);
    // What another version wrote is taken as far as it fits; what is no draft is none.
    kept.set('easien.draft./note', '{"text":"cũ","more":1}');
    expect(new Drafts().keepSafe('note', make)).toEqual({ text: 'cũ', at: null });
    kept.set('easien.draft./note', '{');
    expect(new Drafts().keepSafe('note', make)).toEqual({ text: '', at: null });
    vi.unstubAllGlobals();
  });

  it('outlives a change of view', () => {
    const desk = new Desk(new RoomState(new FakeBackend(1)));
    desk.drafts.keep('camera:new', () => ({ name: '' })).name = 'Cổng';
    desk.view = 'stills';
    desk.view = 'cameras';
    expect(desk.drafts.keep('camera:new', () => ({ name: '' })).name).toBe('Cổng');
  });
});
