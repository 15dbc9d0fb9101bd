/** C0, DEL, C1, line separators, and what turns the direction of text. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const CONTROLS_IN_LINES =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Escapes control characters, so that text can neither break a line nor a terminal nor hide. */
export function plainText(text: string): string {
  return text.replace(CONTROLS, escape);
}

/** The same for text of several lines: line feeds and tabs stay. */
export function plainLines(text: string): string {
  return text.replace(CONTROLS_IN_LINES, escape);
}

function escape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
