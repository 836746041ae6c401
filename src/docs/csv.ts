/**
 * A text as a cell of RFC 4180. One that a spreadsheet would take for a formula is led by an apostrophe (OWASP, CSV
 * injection); numbers are no texts.
 */
export function csvText(text: string): string {
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A line with its end; its cells are already quoted where they have to be. */
export function csvLine(cells: readonly string[], delimiter = ','): string {
  return `${cells.join(delimiter)}\r\n`
}
