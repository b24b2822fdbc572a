import { expect, it } from 'vitest';
import { plain } from './plain';

it('sends no half of a character, and everything else as it is', () => {
  const sent = { text: 'a\ud83db \ude93', tags: ['🚓', '\ud800'], at: 5, none: null, deep: { note: 'Xe 👮🏽‍♂️ \\ud800' }, yes: true };
  expect(plain(sent)).toEqual({ text: 'a\ufffdb \ufffd', tags: ['🚓', '\ufffd'], at: 5, none: null, deep: { note: 'Xe 👮🏽‍♂️ \\ud800' }, yes: true });
  expect(plain(null)).toBeNull();
});
