/**
 * What a buffer of a program is. The compiler makes names from roles here and nowhere else, and reads none back: a cell may
 * call its own values `residual` or `grad`. The shell of a module, which is JavaScript of its own, makes the same names in
 * `emit/shell/roles.js`.
 */

/**
 * Which tensor of the cell: before the first step a state is `initial`, after the last `final`, and `state` in a stream. A `draw` is of
 * initial values of params, and `random` what a call draws; a `setting` is a number of the call, `found` a length that values tell.
 * `rows` are the places at which a gradient, by its name, has rows, `counts` how far sums have come that go on from call to call.
 */
export type TensorKind =
  | "input"
  | "context"
  | "initial"
  | "final"
  | "state"
  | "param"
  | "fixed"
  | "output"
  | "residual"
  | "draw"
  | "start"
  | "random"
  | "setting"
  | "found"
  | "rows"
  | "counts";

/** The buffer of a derivative has the sizes of the tensor that it is the derivative of, or by. */
export type Derivation = "tangent" | "grad";

export interface Role {
  readonly kind: TensorKind;
  /** As declared, states and parameters of used cells by path: `lower.h`. Of a residual: the value that is kept. */
  readonly name: string;
  /** Outermost first: `["tangent", "grad"]` is how a gradient changes in a direction. */
  readonly derived?: readonly Derivation[];
  /** One step of a stream, instead of all steps of a call. */
  readonly streamed?: boolean;
  /** One for all examples, as parameters are; its derivatives are too. */
  readonly shared?: boolean;
  /** Of a part that is called by itself: what the source calls that. */
  readonly part?: string;
}

const derivedName = (by: Derivation, of: string): string => `${by}.${of}`;

/** Different for different roles. */
export function nameOfRole({ kind, name, derived = [], streamed = false, part }: Role): string {
  const value = [...(streamed ? ["step"] : []), kind, name].join(".");
  const plain = derived.reduceRight((of, by) => derivedName(by, of), value);
  return part === undefined ? plain : nameInPart(part, plain);
}

/** What a buffer, or a kernel, of a part that is called by itself is called: no name of a source has this sign. */
export const nameInPart = (part: string, name: string): string => `${part}$${name}`;

/** What a kernel of a part is called, or one of the whole. */
export const kernelInPart = (part: string | undefined, name: string): string =>
  part === undefined ? name : nameInPart(part, name);

/** Params and fixed values are those of the whole. */
export const roleInPart = (role: Role, part: string): Role =>
  role.kind === "param" || role.kind === "fixed" ? role : { ...role, part };

/** The name of the gradient by the value of this name, or of the cotangent that belongs to it. */
export const gradName = (name: string): string => derivedName("grad", name);

/** What a derived function calls the cotangent of a value inside of it. */
export const cotangentName = (name: string): string => `d_${name}`;

/** The name of the places at which a gradient has rows. */
export const rowsName = (gradient: string): string => nameOfRole({ kind: "rows", name: gradient });

/** The name of the counts of sums that go on from call to call. */
export const countsName = nameOfRole({ kind: "counts", name: "sums" });

/** The name of the tangent of the value of this name. */
export const tangentName = (name: string): string => derivedName("tangent", name);

/** @param derived the outermost first */
export const deriveRole = (role: Role, derived: readonly Derivation[]): Role => ({ ...role, derived });

/** What the tensor is in a stream, where the state before a step and that after it are one. */
export function streamedRole({ kind, name, shared = false }: Role): Role {
  const streamed = kind !== "param" && kind !== "fixed";
  const known = { kind: kind === "initial" || kind === "final" ? "state" : kind, name } as const;
  return { ...known, ...(streamed && { streamed }), ...(shared && { shared }) };
}

/** Kept by forward for backward; the caller of a module does not see it. */
export const isInternal = ({ kind }: Role): boolean => kind === "residual";

/** Parameters, their tangents and fixed values stay from call to call as the caller wrote them. */
export const isHeldByCaller = ({ kind, derived = [] }: Role): boolean =>
  kind === "fixed" || (kind === "param" && derived.every((by) => by === "tangent"));
