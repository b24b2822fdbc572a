// Comparing Vietnamese words without tone marks and case: "duong" finds "Đường".

/** Folded for comparison; same folding as the station's. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .replace(/đ/g, 'd')
    .replace(/Đ/g, 'D')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
}

/** Whether every word of `query` begins or stands somewhere in one of the texts. An empty query fits everything. */
export function fits(query: string, ...texts: string[]): boolean {
  const words = fold(query).split(' ').filter(Boolean);
  if (words.length === 0) return true;
  const whole = texts.map(fold).join(' ');
  return words.every((word) => whole.includes(word));
}
