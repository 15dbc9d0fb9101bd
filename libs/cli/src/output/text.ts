/** C0 without nothing else, DEL and C1: what a terminal may take for an order. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
/** Turn the direction of the text round, or show nothing at all. */
const INVISIBLE = /[\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const escaped = (character: string) =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Makes foreign text harmless on a terminal and in a column: no escape sequence, no line break, no tab. */
export function plainText(text: string): string {
  return text.replace(CONTROL, escaped).replace(INVISIBLE, escaped);
}

/** Cuts to a number of characters; the last one says that something is missing. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return width <= 1 ? '…'.slice(0, width) : `${characters.slice(0, width - 1).join('')}…`;
}

/** Pads on the right, or on the left for numbers. */
export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const missing = Math.max(0, width - [...text].length);
  return align === 'right' ? ' '.repeat(missing) + text : text + ' '.repeat(missing);
}

/** 1234567 as `1,234,567`. */
export function number(value: number | bigint): string {
  return value.toLocaleString('en-US');
}

/** Seconds for people: `0.4 s`, `12 s`, `3 min`, `2 h`, `5 d`. */
export function seconds(value: number): string {
  if (value < 10) return `${Math.round(value * 10) / 10} s`;
  if (value < 120) return `${Math.round(value)} s`;
  if (value < 7_200) return `${Math.round(value / 60)} min`;
  if (value < 172_800) return `${Math.round(value / 3_600)} h`;
  return `${Math.round(value / 86_400)} d`;
}
