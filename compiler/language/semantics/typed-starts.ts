/** Initial values of params that are expressions, after all checks. */
import type { BinderNode } from "../syntax/ast.js";

export interface TypedStart {
  readonly key: string;
  /** Of the first axes: what is drawn has the others. */
  readonly indices: readonly BinderNode[];
  /** Filled when the expression is checked. */
  readonly draws: readonly TypedDraw[];
}

/** What an initial value draws: a value of the shape of its tensor. */
export interface TypedDraw {
  /** Of the value, for references. */
  readonly key: string;
  readonly initializer: string;
}
