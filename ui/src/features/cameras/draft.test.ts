import { describe, expect, it } from 'vitest';
import type { Camera } from '../../lib/backend/backend';
import { draftOf, fieldsOf, splitAddress } from './draft';

describe('an address pasted with a password', () => {
  it.each([
    ['rtsp://admin:secret@10.0.0.5:554/live', 'rtsp://10.0.0.5:554/live', 'admin', 'secret'],
    ['rtsp://admin:p%40ss@cam.local/live?x=1', 'rtsp://cam.local/live?x=1', 'admin', 'p@ss'],
    ['rtsp://u:p@ss:wörd/%41"\'@10.0.0.5/ch1', 'rtsp://10.0.0.5/ch1', 'u', 'p@ss:wörd/A"\''],
    ['rtsp://admin:pa/ss@10.0.0.1/live', 'rtsp://10.0.0.1/live', 'admin', 'pa/ss'],
    ['rtsp://admin@[fe80::1]:554/x', 'rtsp://[fe80::1]:554/x', 'admin', ''],
    ['rtsp://u:100%@10.0.0.1/x', 'rtsp://10.0.0.1/x', 'u', '100%'],
  ])('%s is taken apart', (url, clean, username, password) => {
    expect(splitAddress(url)).toEqual({ url: clean, username, password });
  });

  it.each(['rtsp://10.0.0.5:554/live', 'rtsp://host/path@x', 'rtsp://host:554/p@x', '10.0.0.5/live', '', 'rtsp://u:p@h/x@host/y'])(
    '%s is left as it is',
    (url) => expect(splitAddress(url)).toBeNull(),
  );
});

describe('a draft', () => {
  const camera: Camera = {
    id: '1', code: 'C001', name: 'Cổng', unit: null, place: '', main_url: 'rtsp://h/1', sub_url: '', username: 'u',
    has_password: true, transport: null, sessions: [],
    record: { streams: 'both', schedule: [], keep_days: null }, recordings: [],
  };

  it('keeps a stored password when none is typed', () => {
    expect(draftOf(fieldsOf(camera)).password).toBeNull();
  });

  it('drops it when told so, and takes a typed one letter by letter', () => {
    const fields = fieldsOf(camera);
    expect(draftOf({ ...fields, keep_password: false }).password).toBe('');
    expect(draftOf({ ...fields, password: ' wo\u0308rd ' }).password).toBe(' wo\u0308rd ');
  });

  it('composes what an input method left in parts', () => {
    expect(draftOf({ ...fieldsOf(camera), name: ' Cổng '.normalize('NFD') }).name).toBe('Cổng');
  });
});
