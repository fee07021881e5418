/**
 * Runs kernels round by round and looks at what each element is: whether two rounds that would run side by side in lanes meet in one that
 * one of them writes, and whether a buffer is read where another one has written since. By the elements themselves, for sizes at hand:
 * it asks neither what chooses lanes nor what plans memory, as the verifier does.
 */
import { AFFINE_ZERO } from "../../compiler/ir/kernel/affine.js";
import { evaluateKernels } from "../../compiler/ir/kernel/evaluate.js";
import type { ForStatement, KernelProgram, Statement } from "../../compiler/ir/kernel/kernel-program.js";
import { type BufferArray, KernelMemory } from "../../compiler/ir/kernel/memory.js";
import { mapParts } from "../../compiler/ir/kernel/visit.js";
import type { Padding } from "../../compiler/tools/calls/padded-kernels.js";
import type { CompiledKernels } from "./run-kernel.js";

/** Rounds of a loop that run side by side, from the first one on. */
const LANES = 4;

/** No buffer is called so: a store there says where a loop in lanes begins, where each of its rounds does, and where it ends. */
const marks = { begin: " begin", round: " round", end: " end" } as const;

/** The rounds of a loop in lanes. */
interface Rounds {
  /** The one at hand, from 0. */
  round: number;
  /** For each element the rounds of the group that have read it, and that have written it. */
  readonly read: Map<string, Set<number>>;
  readonly written: Map<string, Set<number>>;
}

class WatchedMemory extends KernelMemory {
  readonly problems = new Set<string>();
  private readonly wholes: ReadonlyMap<string, string>;
  private readonly slots: ReadonlyMap<string, number>;
  private readonly loops: Rounds[] = [];
  /** The buffer, or the whole that it is a part of, that has written an element last. */
  private readonly writers = new Map<string, string>();
  private isOneElement = false;

  constructor(program: KernelProgram, capacity: ReadonlyMap<string, number>) {
    super(program, capacity);
    this.wholes = new Map(program.buffers.map(({ name, within }) => [name, within ?? name]));
    this.slots = new Map(program.buffers.map(({ name, place }) => [name, place.slot]));
  }

  /** Who takes all of a buffer writes it. */
  override get(buffer: string): BufferArray {
    const elements = super.get(buffer);
    if (!this.isOneElement) for (const at of elements.keys()) this.writers.set(this.element(buffer, elements, at), this.wholeOf(buffer)); // prettier-ignore
    return elements;
  }

  override read(buffer: string, at: number): number {
    return this.one(() => {
      const value = super.read(buffer, at);
      const element = this.element(buffer, super.get(buffer), at);
      const writer = this.writers.get(element);
      if (writer !== undefined && writer !== this.wholeOf(buffer))
        this.problems.add(`${buffer} is read where ${writer} was written`);
      for (const { round, read, written } of this.loops) {
        noteIn(read, element, round);
        if (isOther(written.get(element), round)) this.problems.add(`a round reads of ${buffer} what another one writes`); // prettier-ignore
      }
      return value;
    });
  }

  override write(buffer: string, at: number, value: number): void {
    if (buffer === marks.begin) this.loops.push({ round: -1, read: new Map(), written: new Map() });
    else if (buffer === marks.end) this.loops.pop();
    else if (buffer === marks.round) this.nextRound();
    else this.one(() => { this.writeOne(buffer, at, value); }); // prettier-ignore
  }

  private writeOne(buffer: string, at: number, value: number): void {
    super.write(buffer, at, value);
    const element = this.element(buffer, super.get(buffer), at);
    this.writers.set(element, this.wholeOf(buffer));
    for (const { round, read, written } of this.loops) {
      noteIn(written, element, round);
      if (isOther(read.get(element), round) || isOther(written.get(element), round))
        this.problems.add(`two rounds use one element of ${buffer}, and one of them writes it`);
    }
  }

  private nextRound(): void {
    const rounds = this.loops.at(-1)!;
    rounds.round += 1;
    if (rounds.round % LANES > 0) return;
    rounds.read.clear();
    rounds.written.clear();
  }

  private one<T>(use: () => T): T {
    this.isOneElement = true;
    try {
      return use();
    } finally {
      this.isOneElement = false;
    }
  }

  private wholeOf(buffer: string): string {
    return this.wholes.get(buffer)!;
  }

  private element(buffer: string, { byteOffset, BYTES_PER_ELEMENT }: BufferArray, at: number): string {
    return `${this.slots.get(buffer)!}:${byteOffset / BYTES_PER_ELEMENT + at}`;
  }
}

function noteIn(rounds: Map<string, Set<number>>, element: string, round: number): void {
  const known = rounds.get(element);
  if (known === undefined) rounds.set(element, new Set([round]));
  else known.add(round);
}

const isOther = (rounds: ReadonlySet<number> | undefined, round: number): boolean =>
  rounds !== undefined && (rounds.size > 1 || !rounds.has(round));

const mark = (buffer: string): Statement => ({
  kind: "store",
  access: { buffer, offset: AFFINE_ZERO },
  value: { kind: "literal", value: 0, dtype: "real" },
  mode: "set",
});

/** Loops in lanes as loops of one round after the other, with marks. */
function inRounds(statements: readonly Statement[]): Statement[] {
  return statements.flatMap((statement): Statement[] => {
    if (statement.kind === "pieces") return [mapParts(statement, inRounds)];
    if (statement.kind === "region" || statement.kind === "windows") return [{ ...statement, body: inRounds(statement.body) }]; // prettier-ignore
    if (statement.kind !== "for") return [statement];
    const { lanes, ...loop } = statement;
    const body = inRounds(loop.body);
    if (lanes !== true) return [{ ...loop, body }];
    const marked: ForStatement = { ...loop, body: [mark(marks.round), ...body] };
    return [mark(marks.begin), marked, mark(marks.end)];
  });
}

/** Kernels that note, while they run, what rounds and buffers have taken from each other: `problems` then has it, each once. */
export function watched(
  kernel: KernelProgram,
  padding: Padding,
): { readonly kernels: CompiledKernels; readonly problems: ReadonlySet<string> } {
  const functions = kernel.functions.map((fn) => ({ ...fn, body: inRounds(fn.body) }));
  let memory: WatchedMemory | undefined;
  const { buffers, table, run } = evaluateKernels({ ...kernel, functions }, padding, (...given) => {
    memory = new WatchedMemory(...given);
    return memory;
  });
  const entries = functions.map(({ name }) => [name, () => { run(name); }] as const); // prettier-ignore
  return { kernels: { buffers, table, ...Object.fromEntries(entries) }, problems: memory!.problems };
}
