/** Two spellings of one cell with the same values in both: outputs, final states and gradients of each, by the same names. */
import { outputsOf } from "../../compiler/tools/calls/call.js";
import type { CompiledModule, FloatArray, ModuleInstance } from "../../runtime/index.js";
import type { Manifest, TensorEntry } from "../../runtime/module/manifest.js";
import type { Numbers, OldSpelling, Origin, Sizes } from "./old-spellings.js";

export type Built = Pick<CompiledModule, "manifest"> & { readonly cell: ModuleInstance };

/** What both give, by a name that says which. */
export interface Compared {
  readonly now: Numbers;
  readonly then: Numbers;
}

/** How far a param is moved to see what moves with it: what old ones are made of is linear in them, but for signs. */
const small = 1e-4;

export class SpellingPair {
  private readonly spelling: OldSpelling;
  private readonly own: Built;
  private readonly old: Built;
  private readonly steps: number;
  private count = 0;
  private readonly params: Numbers;
  /** The outputs of the old one by those of the new one. */
  private readonly outputs: readonly (readonly [now: string, then: string])[];

  constructor(spelling: OldSpelling, own: Built, old: Built, steps: number) {
    this.spelling = spelling;
    this.own = own;
    this.old = old;
    this.steps = steps;
    own.cell.init(3);
    // What begins at one number for all has several.
    this.params = Object.fromEntries(
      Object.entries({ ...own.cell.params, ...own.cell.fixed }).map(([name, values]) => [
        name,
        Float64Array.from(values, (v) => v + 0.1 * Math.sin(1.7 * ++this.count)),
      ]),
    );
    own.cell.setParams(this.params);
    old.cell.setParams(this.oldParams(this.params));
    this.outputs = old.manifest.outputs.map(({ name }) => [spelling.outputs?.[name] ?? name, name]);
  }

  /** Outputs of the new spelling and states of the old one that nothing is compared with. */
  get apart(): string[] {
    const { states = {} } = this.spelling;
    return [
      ...this.own.manifest.outputs.flatMap(({ name }) => (this.outputs.some(([now]) => now === name) ? [] : [name])),
      ...this.old.manifest.states.flatMap(({ name }) =>
        Object.hasOwn(states, name) && states[name] === undefined ? [`final ${name}`] : [],
      ),
    ];
  }

  /** Outputs and final states. */
  forward(): Compared {
    const { inputs = {}, states = {}, loudness = 1 } = this.spelling;
    const given = Object.fromEntries(
      dataOf(this.own.manifest).map((tensor) => [
        tensor.name,
        this.drawn(tensor, () => loudness * Math.abs(Math.sin(2.3 * ++this.count))),
      ]),
    );
    const renamed = Object.fromEntries(
      dataOf(this.old.manifest).map((tensor) => {
        const origin = inputs[tensor.name] ?? tensor.name;
        return [tensor.name, typeof origin === "string" ? given[origin]! : this.drawn(tensor, () => origin)];
      }),
    );
    const [own, old] = [this.own.cell.forward(given), this.old.cell.forward(renamed)];
    const pairs = this.outputs.map(([now, then]) => [then, outputsOf(own)[now]!, outputsOf(old)[then]!] as const);
    const ends = Object.entries(old.final).flatMap(([name, values]) => {
      const origin = Object.hasOwn(states, name) ? states[name] : name;
      return origin === undefined ? [] : [[`final ${name}`, from(origin, own.final), values] as const];
    });
    return compared([...pairs, ...ends]);
  }

  /**
   * Gradients of a sum of all outputs with weights: by inputs and contexts, and by each param of the new spelling along one direction, along
   * which the params of the old one move as they are made of those.
   */
  backward(): Compared {
    const weights = this.outputs.map(([now, then], i) => {
      const tensor = this.own.manifest.outputs.find(({ name }) => name === now)!;
      return [now, then, this.drawn(tensor, (k) => Math.cos(1.3 * k + i))] as const;
    });
    const own = this.own.cell.backward!(Object.fromEntries(weights.map(([now, , values]) => [now, values])));
    const old = this.old.cell.backward!(Object.fromEntries(weights.map(([, then, values]) => [then, values])));
    const { inputs = {} } = this.spelling;
    const data = dataOf(this.old.manifest).flatMap(({ name }) => {
      const origin = inputs[name] ?? name;
      return typeof origin === "string" && origin in own ? [[`by ${name}`, own[origin]!, old[name]!] as const] : [];
    });
    const params = Object.entries(own.params).map(([name, gradient]) => {
      const direction = Float64Array.from(gradient, (_, k) => Math.cos(2.1 * k + 0.4));
      const moved = [small, -small].map((step) =>
        this.oldParams({ ...this.params, [name]: this.params[name]!.map((v, k) => v + step * direction[k]!) }),
      );
      const changes = Object.entries(old.params).map(
        ([param, values]) =>
        dot(values, moved[0]![param]!.map((v, k) => (v - moved[1]![param]![k]!) / (2 * small))), // prettier-ignore
      );
      return [`by ${name}`, [dot(gradient, direction)], [changes.reduce((sum, change) => sum + change, 0)]] as const;
    });
    return compared([...data, ...params]);
  }

  private oldParams(params: Numbers): Record<string, Float64Array> {
    const names = Object.keys(this.old.cell.params);
    return Object.fromEntries(names.map((name) => [name, from(this.spelling.params?.[name] ?? name, params)]));
  }

  private drawn({ axes, shape }: TensorEntry, draw: (index: number) => number): Float64Array {
    const sizes: Sizes = { ...this.spelling.runtime, B: 1, T: this.steps };
    const lengths = [...axes, ...shape].map((axis) => (typeof axis === "number" ? axis : (sizes[axis] ?? 1)));
    return Float64Array.from({ length: lengths.reduce((product, length) => product * length, 1) }, (_, k) => draw(k));
  }
}

const dataOf = ({ inputs, contexts }: Manifest): TensorEntry[] => [...inputs, ...contexts];

function from(origin: Origin, values: Readonly<Record<string, FloatArray>>): Float64Array {
  return Float64Array.from(typeof origin === "string" ? values[origin]! : origin(values as Numbers));
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, k) => sum + value * b[k]!, 0);

/** Copies, as views of a module change with its next call. */
function compared(
  pairs: readonly (readonly [name: string, now: ArrayLike<number>, then: ArrayLike<number>])[],
): Compared {
  return {
    now: Object.fromEntries(pairs.map(([name, now]) => [name, Float64Array.from(now)])),
    then: Object.fromEntries(pairs.map(([name, , then]) => [name, Float64Array.from(then)])),
  };
}
