/** What a file says, as messages show it: short, and without characters that a terminal would act on. */

/** Characters of a text that a message shows; files may hold names of megabytes. */
const mostCharacters = 60;

const mostAxes = 16;

/** The text in quotes, cut where it is long. */
export function showText(text: string): string {
  const quoted = JSON.stringify(text.slice(0, mostCharacters)).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return text.length > mostCharacters ? `${quoted.slice(0, -1)}…"` : quoted;
}

/** A name of a parameter or a tensor: as it is where it is a plain one, otherwise as `showText` has it. */
export function showName(name: string): string {
  return name.length <= mostCharacters && /^[\w.]+(?:\[\d+\])?$/u.test(name) ? name : showText(name);
}

/** `[2, 3]`; of many sizes the first. */
export function showShape(shape: readonly (number | string)[]): string {
  const rest = shape.length > mostAxes ? [`… ${shape.length - mostAxes} more`] : [];
  return `[${[...shape.slice(0, mostAxes), ...rest].join(", ")}]`;
}

export interface Listed {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** `W [3, 2], b [3]`; of many the first. */
export function listOf(tensors: readonly Listed[]): string {
  const most = 40;
  const shown = tensors.slice(0, most).map(({ name, shape }) => `${showName(name)} ${showShape(shape)}`);
  const rest = tensors.length > most ? [`${tensors.length - most} more`] : [];
  return [...shown, ...rest].join(", ") || "nothing";
}
