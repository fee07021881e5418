/** What syntax trees end in: names, numbers, places. */
import type { Span } from "../../base/source/span.js";

export interface Node {
  readonly span: Span;
}

/** A name as written (canonical spelling) and where. */
export interface Name extends Node {
  readonly text: string;
}

/** `1e-5`. `text` is kept so that printing does not change the literal. */
export interface NumberNode extends Node {
  readonly kind: "number";
  readonly value: number;
  readonly text: string;
}

/** `2i`; `text` has the `i`, `value` is what stands before it. */
export interface ImaginaryNode extends Node {
  readonly kind: "imaginary";
  readonly value: number;
  readonly text: string;
}

/** `h`, or `h'` with `next`. */
export interface ReferenceNode extends Node {
  readonly kind: "reference";
  readonly name: string;
  readonly next: boolean;
}
