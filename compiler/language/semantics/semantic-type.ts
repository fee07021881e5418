/** Types of expressions while they are checked: shapes whose axes remember where they came from. */
import type { Span } from "../../base/source/span.js";
import type { Dim } from "../../base/types/dim.js";
import { printDim } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";

/** What an axis goes back to: "the param `W`". */
export interface Source {
  readonly words: string;
  readonly span: Span;
}

export interface Axis {
  readonly dim: Dim;
  readonly source: Source | undefined;
}

export type SemanticType =
  /** `whole`: of an equation for each value of an index whose right side is whole, which is an index where one is wanted. */
  | { readonly kind: "real"; readonly axes: readonly Axis[]; readonly whole?: WholeNumbers }
  | { readonly kind: "bool"; readonly axes: readonly Axis[] }
  /** Two reals after lowering (`program/complex`): nothing after it knows of complex numbers. */
  | { readonly kind: "complex"; readonly axes: readonly Axis[] }
  | IndexType
  /** The outputs of a used cell that has several. */
  | { readonly kind: "outputs"; readonly instance: string }
  /** Of something that was reported: fits everything. */
  | { readonly kind: "error" };

/** Places are computed as real numbers: the whole numbers up to here are some of every precision. */
export const mostPlaces = 2 ** 24;

/** Whole numbers from `low` to `high`. */
export interface WholeNumbers {
  readonly low: Dim;
  readonly high: Dim;
  /** What the numbers come to from which they are computed, each of which is counted exactly where they are indices. */
  readonly exact: readonly Dim[];
}

/** Integers in `[0, bound)`. */
export interface IndexType {
  readonly kind: "index";
  readonly bound: Dim;
  readonly axes: readonly Axis[];
  /** Something was taken away, and nothing says that the rest is at least 0. */
  readonly isOpen?: boolean;
  /** What it is at least, where that is known of one that is open. */
  readonly low?: Dim;
}

export const errorType: SemanticType = { kind: "error" };

export const scalarType: SemanticType = { kind: "real", axes: [] };

export function realType(shape: Shape, source?: Source): SemanticType {
  return { kind: "real", axes: shape.map((dim) => ({ dim, source })) };
}

export function shapeOf(axes: readonly Axis[]): Shape {
  return axes.map((axis) => axis.dim);
}

/** `[H, I]`, `a scalar`. */
export function printAxes(axes: readonly Axis[]): string {
  return axes.length === 0 ? "a scalar" : `[${axes.map((axis) => printDim(axis.dim)).join(", ")}]`;
}

/** For messages: `[H]`, `a scalar`, `a truth value`, `index(V)`. */
export function printSemanticType(type: SemanticType): string {
  switch (type.kind) {
    case "real":
      return printAxes(type.axes);
    case "bool":
      return type.axes.length === 0 ? "a truth value" : `truth values ${printAxes(type.axes)}`;
    case "complex":
      return `complex${type.axes.length === 0 ? "" : printAxes(type.axes)}`;
    case "index":
      return `${type.isOpen === true ? "whole number" : `index(${printDim(type.bound)})`}${type.axes.length === 0 ? "" : ` ${printAxes(type.axes)}`}`;
    case "outputs":
      return "several outputs";
    case "error":
      return "an error";
  }
}

export function axesOf(type: SemanticType): readonly Axis[] {
  return type.kind === "outputs" || type.kind === "error" ? [] : type.axes;
}

/** The type with axes of these sizes in front of its own, or in place of the first `replaced` of them. */
export function withLeading(type: SemanticType, dims: Shape, replaced = 0): SemanticType {
  if (type.kind === "outputs" || type.kind === "error" || dims.length === 0) return type;
  return { ...type, axes: [...dims.map((dim) => ({ dim, source: undefined })), ...type.axes.slice(replaced)] };
}

/** Numbers with these axes: complex where one of those that they are made of is, indices where the only one is. */
export function numbersOf(parts: readonly { readonly type: SemanticType }[], axes: readonly Axis[]): SemanticType {
  const [only] = parts;
  if (only?.type.kind === "index" && parts.length === 1) return { ...only.type, axes };
  return { kind: parts.some(({ type }) => type.kind === "complex") ? "complex" : "real", axes };
}
