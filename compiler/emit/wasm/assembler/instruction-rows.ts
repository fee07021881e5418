/** How rows of the instruction tables are written. */
import type { InstructionRow } from "./instruction-types.js";

/** The union of the words of a text with single spaces. */
type Words<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Words<Rest> : Text;

type InstructionRows<Names extends string> = Readonly<Record<Names, InstructionRow>>;

function consecutive(
  first: number,
  names: readonly string[],
  row: Omit<InstructionRow, "code">,
): InstructionRows<string> {
  return Object.fromEntries(names.map((name, i) => [name, { ...row, code: first + i }]));
}

/** Instructions `type.name` with consecutive opcodes, one stack effect and no immediates. */
export function family<Type extends string, Names extends string>(
  first: number,
  type: Type,
  names: Names,
  effect: string,
): InstructionRows<`${Type}.${Words<Names>}`> {
  return consecutive(
    first,
    names.split(" ").map((name) => `${type}.${name}`),
    { effect, immediate: "none" },
  );
}

/** An instruction whose stack effect depends on its immediates or on the code around it. */
export function special(code: number, immediate: InstructionRow["immediate"]): InstructionRow {
  return { code, immediate };
}

export function plain(code: number, effect: string, immediate: InstructionRow["immediate"] = "none"): InstructionRow {
  return { code, effect, immediate };
}

/** A load or store: `alignment` is the logarithm of the number of bytes it touches. */
export function memory(code: number, alignment: number, effect: string): InstructionRow {
  return { code, effect, immediate: "memory", alignment };
}

/** A load or store of one lane of a vector; those of 2^alignment bytes. */
export function memoryLane(code: number, alignment: number, effect: string): InstructionRow {
  return { code, effect, immediate: "memory lane", alignment, lanes: 16 >> alignment };
}

/** An instruction that names one of a vector's lanes. */
export function lane(code: number, lanes: number, effect: string): InstructionRow {
  return { code, effect, immediate: "lane", lanes };
}
