// Tables as a file for a spreadsheet. Pure.

export interface Sheet {
  title: string;
  head: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
}

/** A cell that a spreadsheet takes for a formula is text; what holds a separator, a quote or a line's end is quoted. */
function cell(value: string | number | null, separator: string, comma: boolean): string {
  if (value === null) return '';
  if (typeof value === 'number') return comma ? String(value).replace('.', ',') : String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One table behind the other, an empty line between them. Where numbers have a comma, cells are parted by semicolons, as
 *  spreadsheets there expect. */
export function csvOf(sheets: readonly Sheet[], comma: boolean): string {
  const separator = comma ? ';' : ',';
  const line = (cells: readonly (string | number | null)[]) => cells.map((each) => cell(each, separator, comma)).join(separator);
  const text = sheets.map(({ title, head, rows }) => [line([title]), line(head), ...rows.map(line)].join('\r\n')).join('\r\n\r\n');
  // The mark tells spreadsheets that it is UTF-8.
  return `\ufeff${text}\r\n`;
}
