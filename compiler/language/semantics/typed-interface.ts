/** What those who use a cell know of it, beside its tensors. */
import type { Span } from "../../base/source/span.js";
import type { Dim } from "../../base/types/dim.js";
import type { SemanticType } from "./semantic-type.js";

/** What a cell is used with; the value that it has where none is given. */
export interface CellParameter<Value> {
  readonly name: string;
  readonly span: Span;
  readonly defaultValue: Value | undefined;
  /** Of an index. */
  readonly bound?: Dim;
}

export interface TypedOutput {
  readonly name: string;
  readonly span: Span;
  readonly documentation: string;
  readonly type: SemanticType;
}
