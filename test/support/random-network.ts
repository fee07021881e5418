/** Texts of networks drawn from a list of choices: two to four used cells, directions, states, equations by index, attention, convolutions, loops, losses. */

import { check } from "../../compiler/driver/compile.js";

/** A sequence over `T` with so many numbers a place. */
interface Sequence {
  readonly name: string;
  readonly width: number;
}

/** A call with a name, whose state `h` has so many numbers. */
interface NamedRun extends Sequence {
  readonly cell: string;
  readonly given: number;
}

const cells = ["SimpleRNN", "GRU", "LSTM", "Linear"] as const;
const above = `import { SimpleRNN } from "std/simple-rnn"
import { GRU } from "std/gru"
import { LSTM } from "std/lstm"
import { Bidirectional, Linear } from "std/network"

fn unit(v: [n]): [n] {
  return v / (norm(v) + 0.5)
}

network Traced(Cell: cell(I, H) { input x: [I]; state h: [H]; output y: [H] }, I, H; T) {
  input x: [T, I]
  use rnn = Cell(I, H)
  a = rnn(x)
  output y = a.y + 0.5 * trace(a.h)
}

network Again(Cell: cell(I, H) { input x: [I]; state h: [H]; output y: [H] }, I, H; T) {
  input x: [T, I]
  use rnn = Cell(I, H)
  a = rnn(x)
  output all = rnn(x, h = a.h')
  output end = a.h'
}

network Centred(Part: network(I, H; T) { input x: [T, I]; output all: [T, H]; output end: [H] }, I, H; T) {
  input x: [T, I]
  use part = Part(I, H)
  p = part(x)
  output y = p.all - 0.5 * p.end
}

network CentredGRU = Centred(Again(GRU))
`;

class Writer {
  readonly lines: string[] = [];
  private readonly choices: readonly number[];
  /** Looks at nothing ahead along `T`. */
  private readonly isCausal: boolean;
  private next = 0;
  private readonly sequences: Sequence[] = [
    { name: "x", width: 2 },
    { name: "table[words]", width: 3 },
  ];
  private readonly runs: NamedRun[] = [];
  private count = 0;
  private used = 0;

  constructor(choices: readonly number[], isCausal: boolean) {
    this.choices = choices;
    this.isCausal = isCausal;
  }

  private pick<T>(items: readonly T[]): T {
    const choice = this.choices[this.next++] ?? 0;
    return items[choice % items.length]!;
  }

  private source(width?: number): Sequence {
    const fitting = this.sequences.filter((one) => width === undefined || one.width === width);
    // The newest first, so that most of what is written is read.
    return this.pick(fitting.toReversed());
  }

  private give(width: number, value: string, indices = ""): Sequence {
    const made = { name: `e${this.count++}`, width };
    this.lines.push(`  ${made.name}${indices} = ${value}`);
    this.sequences.push(made);
    return made;
  }

  private matrix(rows: number, columns: number): string {
    const name = `A${this.count}`;
    this.lines.push(`  param ${name}: [${rows}, ${columns}] ~ normal(0.5)`);
    return name;
  }

  /** A used cell that runs one way or the other, with a state of its own or one that is given. */
  private run(): void {
    const { name, width } = this.source();
    const cell = this.pick(cells);
    const own = this.pick([3, 2]);
    const used = `c${this.used++}`;
    this.lines.push(`  use ${used} = ${cell}(${width}, ${own})`);
    const hasState = cell !== "Linear";
    const way = this.pick(this.isCausal ? ["ahead", "ahead", "given", "inner"] : ["ahead", "back", "given", "inner"]);
    // Over a sequence that every place has, each from a state of its own.
    if (way === "inner" && width === 2 && hasState) this.give(own, `${used}(grid[t]).h'`, "[t]");
    else if (way === "back") this.give(own, `reverse(${used}(reverse(${name})))`);
    else {
      const state = way === "given" && hasState ? `, h = h0[:${own}]` : "";
      const made = this.give(own, `${used}(${name}${state})`);
      if (hasState) this.runs.push({ ...made, cell: used, given: width });
    }
  }

  /** What takes a cell, or a network. */
  private wrapped(): void {
    const { name, width } = this.source();
    const used = `c${this.used++}`;
    const wrapper = this.pick(this.isCausal ? ["Traced"] : ["Bidirectional", "Traced", "Centred"]);
    const cell = this.pick(["GRU", "LSTM", "SimpleRNN"]);
    const given = wrapper === "Centred" ? `CentredGRU(` : `${wrapper}(${cell}, `;
    this.lines.push(`  use ${used} = ${given}${width}, 2)`);
    this.give(wrapper === "Bidirectional" ? 4 : 2, `${used}(${name})`);
  }

  /** What needs no cell, or a call that there is. */
  private equation(): void {
    const { name, width } = this.source();
    const run = this.runs.length === 0 ? undefined : this.pick(this.runs);
    const kinds: (() => unknown)[] = [
      () => {
        const other = this.source();
        return width + other.width > 6 ? this.give(width, `2 * ${name}`) : this.give(width + other.width, `concat(${name}, ${other.name}, axis = 1)`); // prettier-ignore
      },
      () => this.give(2, `tanh(${this.matrix(2, width)} @ ${this.at(name)} + (if t == 0 then 0.5 else 0))`, "[t]"),
      () => this.give(3, `softmax(memory @ (${this.matrix(3, width)} @ ${this.at(name)})) @ memory`, "[t]"),
      () => this.give(width, `${name} - before(${name}, 0.5, by = ${this.pick([1, 2])})`),
      () =>
        this.give(width, this.isCausal ? `before(${name}, memory[0, 0]) * ${name}` : `after(${name}, 0.25) * ${name}`),
      () => this.give(width, `tanh(${name} + 0.5 * before(e${this.count}, 0))`),
      () => this.give(width, `unit(${name})`),
      () =>
        this.give(
          2,
          `conv(${name}, ${this.kernel(width)}, ${this.pick(["pad = causal", this.isCausal ? "pad = causal, dilation = 2" : "pad = same, dilation = 2"])})`,
        ),
      () =>
        this.give(
          width,
          `max(windows(tanh(${name}), 2, pad = ${this.isCausal ? "[1, 0]" : "[0, 1]"}, fill = -2), axis = 1)`,
        ),
      () => this.give(width, `concat(${this.fronts(width)}, ${name})[:T]`),
      () =>
        this.give(
          width,
          `${this.pick(["cumsum", "cummax", "logcumsumexp"])}(0.3 * ${name}, axis = 0${this.isCausal ? "" : ", reverse = true"})`,
        ),
      () => this.give(width, `tanh(cumprod(${name}, axis = ${this.pick([0, 1])}))`),
      () => this.give(3, "memory[picks] * table[narrow(picks, 4, words)]"),
      () =>
        this.isCausal
          ? this.give(3, "memory[before(picks, 0)]")
          : this.give(width, `scatter(${name}, at = picks, size = S)[picks]`),
    ];
    if (run !== undefined && this.isCausal) {
      kinds.push(() => this.give(run.width, `trace(${run.name}.h) + before(${run.name}, ${run.name}.h)`));
    } else if (run !== undefined) {
      kinds.push(
        () => this.give(run.width, `trace(${run.name}.h) + ${run.name}.h'`),
        () => this.give(run.width, `${run.cell}(${this.source(run.given).name}, h = ${run.name}.h')`),
      );
    }
    this.pick(kinds)();
  }

  /** What stands in front of a sequence: params, and what a call gives. */
  private fronts(width: number): string {
    const name = `F${this.count}`;
    this.lines.push(`  param ${name}: [2, ${width}] ~ normal(0.5)`);
    return this.pick([`${name}[1:], ${name} * h0[0]`, `${name}, [${name}[0]]`, `${name} * h0[1]`]);
  }

  private kernel(channels: number): string {
    const name = `K${this.count}`;
    this.lines.push(`  param ${name}: [2, ${channels}, 3] ~ normal(0.5)`);
    return name;
  }

  private at(name: string): string {
    return `${name}[t]`;
  }

  write(): string {
    const usedCells = this.pick([2, 3, 4]);
    for (let i = 0; i < usedCells; i++) {
      if (this.pick([0, 0, 0, 1]) === 1) this.wrapped();
      else this.run();
      if (this.pick([0, 1]) === 1) this.equation();
    }
    this.equation();
    const last = this.sequences.at(-1)!.name;
    const names = this.sequences.map(({ name }) => name).join(", ");
    return `${above}
network Random(; T, S >= 1) {
  input x: [T, 2]
  input words: index(4)[T]
  input picks: index(S)[T]
  input grid: [T, S, 2]
  input memory: [S, 3]
  input h0: [3]
  param table: [4, 3] ~ normal(0.5)
${this.lines.join("\n")}
  all = concat(${names}, axis = 1)
  output y = ${last}
${this.isCausal ? "" : "  output z = sum(all, axis = 0) + sum(memory, axis = [0, 1]) * 0.1\n"}  loss = sum(square(${last}), axis = [0, 1]) per T
  loss other = sum(sin(all), axis = [0, 1]) * norm(h0) + sum(grid, axis = [0, 1, 2])
}
`;
  }
}

export const networkOf = (choices: readonly number[]): string => new Writer(choices, false).write();

/** One that streams along `T`. */
export const streamingNetworkOf = (choices: readonly number[]): string => new Writer(choices, true).write();

/** With what names a network's entry is made. */
export interface PartNames {
  /** May it be given? */
  readonly isCut?: (text: string, name: string) => boolean;
  /** Makes every equation an output of the whole, called as is said, and the entry of these. */
  readonly outputOf?: (name: string) => string;
}

/** The network with an entry `part` of its last equations, given one before them where it needs that. */
export function withPart(text: string, seed: number, { isCut = () => true, outputOf }: PartNames = {}): string {
  const names = [...text.matchAll(/^ {2}(e\d+)(?:\[t\])? = /gmu)].map(([, name = ""]) => name);
  // What else of its call is read would have to be given, too.
  const cuts = names.filter((name) => isCut(text, name) && !new RegExp(`\\b${name}\\.h`, "u").test(text));
  const cut = cuts[seed % cuts.length] ?? "";
  const outputs = outputOf === undefined ? [] : names.map((name) => `  output ${outputOf(name)} = ${name} + 0`);
  const last = names.slice(-2).filter((name) => name !== cut).map((name) => outputOf?.(name) ?? name); // prettier-ignore
  const inside = (given: string): string =>
    text.replace(/\}\n$/u, `${outputs.join("\n")}\n  entry part = ${last.join(", ")}${given}\n}\n`);
  const given = inside(` given ${cut}`);
  return check(given).diagnostics.some(({ code }) => code === "given-not-needed") ? inside("") : given;
}
