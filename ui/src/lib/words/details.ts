// What the station and the system under it say of a fault, technical and in English, as far as it has words for a person.
// The number of the system's error stays: whoever is called for help looks for that.

import { m, sentence } from './words.svelte';

/** Errors of the system (Linux) that a control room meets. A test looks that each has its sentence. */
export const SYSTEM_ERRORS = [1, 2, 5, 6, 12, 13, 16, 17, 19, 20, 21, 22, 24, 27, 28, 30, 32, 36, 39, 101, 103, 104, 107, 110, 111, 112, 113, 116, 117, 121, 122] as const;

const SYSTEM = /[^:()]*\(os error (\d+)\)/g;

/** What the archive says of a volume, and what is tried of a camera. */
const SAID: [RegExp, (found: RegExpExecArray) => string][] = [
  [/^mounted for reading only$/, () => m.detail_read_only()],
  [/^no room left beside the reserve$/, () => m.detail_reserve()],
  [/^a write has not returned for (\d+) s$/, (found) => m.detail_write_hangs({ seconds: found[1] ?? '' })],
  [/^the folder is empty$/, () => m.detail_folder_empty()],
  [/^the folder has no (\S+)$/, (found) => m.detail_folder_foreign({ file: found[1] ?? '' })],
  [/^this is volume (\S+)$/, (found) => m.detail_other_volume({ volume: found[1] ?? '' })],
  [/^the path is not absolute$/, () => m.detail_path_relative()],
  [/^no picture came out of the decoder in time$/, () => m.detail_no_picture()],
  [/^the description names no stream that is understood$/, () => m.detail_no_stream()],
];

/** The text with everything in it that is known put into words; the rest as it came. */
export function faultText(detail: string): string {
  for (const [form, words] of SAID) {
    const found = form.exec(detail.trim());
    if (found) return words(found);
  }
  return detail.replace(SYSTEM, (whole: string, number: string, at: number) => {
    const known = sentence(`os_error_${number}`);
    const text = known ? m.os_error({ what: known, number }) : whole.trim();
    return at === 0 ? text : ` ${text}`;
  });
}
