/** Reads the text form of kernels (spec/kernel-ir.md), for tests of passes on a few lines. Throws a {@link KernelSyntaxError}. */
import { at } from "../../base/at.js";
import { axisKinds, type SizedAxis } from "../../base/types/call-axes.js";
import type { Dim } from "../../base/types/dim.js";
import { parseDim } from "../../base/types/parse-dim.js";
import { ZERO } from "./affine.js";
import { linesOf, LineTokens } from "./parse-lines.js";
import { parseBody } from "./parse-statements.js";
import { ringWords } from "./print.js";
import type {
  ElementType,
  KernelBuffer,
  KernelFunction,
  KernelProgram,
  KernelSlot,
  RingUse,
} from "./kernel-program.js";
import type { UnplacedBuffer, UnplannedKernels } from "./unplanned.js";

export { KernelSyntaxError } from "./parse-lines.js";

/** What `printKernel` writes. */
export function parseKernel(text: string): KernelProgram {
  const axes: SizedAxis[] = [];
  const slots: KernelSlot[] = [];
  const buffers: KernelBuffer[] = [];
  const functions = parseProgram(text, {
    axes: (tokens) => parseAxes(tokens, axes),
    slot: (tokens) => parseSlot(tokens, slots),
    buffer: (tokens) => buffers.push(parseBuffer(tokens)),
  });
  return { axes, buffers, slots, functions };
}

/** What `printKernel` writes of kernels whose buffers have no places yet. */
export function parseUnplanned(text: string): UnplannedKernels {
  const buffers = new Map<string, UnplacedBuffer>();
  const axes: SizedAxis[] = [];
  const functions = parseProgram(text, {
    axes: (tokens) => parseAxes(tokens, axes),
    buffer: (tokens) => {
      const buffer = parseUnplaced(tokens);
      buffers.set(buffer.name, buffer);
    },
  });
  return { axes, buffers, functions };
}

/** `axes %T steps T, S, "%floor(T / 2)" sequence "floor(T / 2)"` */
function parseAxes(tokens: LineTokens, into: SizedAxis[]): void {
  do {
    const symbol = tokens.symbol();
    const kind = axisKinds.find((word) => tokens.accept(word)) ?? "dimension";
    const isCalled = !tokens.atEnd && tokens.next !== ",";
    into.push({ symbol, name: isCalled ? tokens.name() : symbol, kind });
  } while (tokens.accept(","));
}

/** The statements of a kernel, without a program around them. */
export function parseKernelBody(text: string): KernelFunction["body"] {
  return parseBody(linesOf(text));
}

/** Lines by their first words, and kernels. */
function parseProgram(
  text: string,
  declarations: Readonly<Record<string, (tokens: LineTokens) => unknown>>,
): KernelFunction[] {
  const functions: KernelFunction[] = [];
  const lines = linesOf(text);
  for (let line = 0; line < lines.length; line++) {
    const tokens = new LineTokens(at(lines, line));
    const word = tokens.take();
    if (word === "kernel") {
      functions.push(parseFunction(tokens));
      const close = lines[++line];
      if (close === undefined) return tokens.fail("expected } after the kernel");
      new LineTokens(close).expect("}");
      continue;
    }
    const declare = Object.hasOwn(declarations, word) ? declarations[word] : undefined;
    if (declare === undefined)
      return tokens.fail(`expected ${[...Object.keys(declarations), "kernel"].join(", ")}, found ${word}`);
    declare(tokens);
    tokens.end();
    const [below] = tokens.line.below;
    if (below !== undefined) new LineTokens(below).fail(`nothing stands below ${word}`);
  }
  return functions;
}

function parseFunction(tokens: LineTokens): KernelFunction {
  const name = tokens.name("the name of the kernel");
  const one = tokens.accept("of") ? (tokens.expect("one"), tokens.symbol()) : undefined;
  const rings = parseRings(tokens);
  tokens.expect("{");
  tokens.end();
  return {
    name,
    ...(one !== undefined && { oneOf: one }),
    ...(rings && { rings }),
    body: parseBody(tokens.line.below),
  };
}

/** `that fills rings`, `that reads rings` */
function parseRings(tokens: LineTokens): RingUse | undefined {
  if (!tokens.accept("that")) return undefined;
  const [use] = ringUses.find(([, word]) => tokens.accept(word)) ?? tokens.expected("fills or reads");
  tokens.expect("rings");
  return use;
}

const ringUses = Object.entries(ringWords) as [RingUse, string][];

/** `slot 3: real[4*%B, %T] at most 64`. Of a part of a program those are left out in which nothing of it lies. */
function parseSlot(tokens: LineTokens, into: KernelSlot[]): void {
  const slot = tokens.integer("the number of a slot");
  if (slot < into.length) tokens.fail(`slot ${slot} stands after slot ${into.length - 1}: they are numbered upwards`);
  if (slot > MOST_SLOTS) tokens.fail(`slot ${slot}, and there are at most ${MOST_SLOTS}`);
  while (into.length < slot) into.push(NO_SLOT);
  tokens.expect(":");
  const dtype = parseElementType(tokens);
  tokens.expect("[");
  const sizes = tokens.next === "]" ? [] : [parseDim(tokens)];
  while (tokens.accept(",")) sizes.push(parseDim(tokens));
  tokens.expect("]");
  into.push({ dtype, sizes, ...parseMost(tokens) });
}

/** Nothing lies in it, and it is not printed. */
const NO_SLOT: KernelSlot = { dtype: "real", sizes: [] };

/** More than any program has: each that is left out takes room. */
const MOST_SLOTS = 1e5;

/** `buffer param.W: real[64] slot 3 + 64 within joined.0 external persistent held zeros in panels of 4` */
function parseBuffer(tokens: LineTokens): KernelBuffer {
  const start = parseStart(tokens);
  tokens.expect("slot");
  const place = { slot: tokens.integer(), offset: parseShift(tokens) };
  const within = tokens.accept("within") ? tokens.name("a buffer") : undefined;
  const external = tokens.accept("external");
  const marks = {
    ...(tokens.accept("persistent") && { persistent: true }),
    ...(tokens.accept("held") && { heldByCaller: true }),
    ...(tokens.accept("zeros") && { zeros: true }),
    ...parsePanels(tokens),
  };
  return { ...start, ...(within !== undefined && { within }), external, ...marks, place };
}

/** `buffer param.W: real[64] within joined.0 + 64 external persistent held zeros in panels of 4` */
function parseUnplaced(tokens: LineTokens): UnplacedBuffer {
  const start = parseStart(tokens);
  const within = tokens.accept("within") ? { buffer: tokens.name("a buffer"), offset: parseShift(tokens) } : undefined;
  const [external, persistent, held, zeros] = ["external", "persistent", "held", "zeros"].map((word) =>
    tokens.accept(word),
  );
  return {
    ...start,
    ...(within && { within }),
    external: external === true,
    persistent: persistent === true,
    ...(held === true && { heldByCaller: true }),
    ...(zeros === true && { zeros }),
    ...parsePanels(tokens),
  };
}

function parsePanels(tokens: LineTokens): { panels?: number } {
  if (!tokens.accept("in")) return {};
  tokens.expect("panels", "of");
  return { panels: tokens.integer() };
}

function parseStart(tokens: LineTokens): Pick<KernelBuffer, "name" | "dtype" | "size" | "most"> {
  const name = tokens.name("a buffer");
  tokens.expect(":");
  const dtype = parseElementType(tokens);
  tokens.expect("[");
  const size = parseDim(tokens);
  tokens.expect("]");
  return { name, dtype, size, ...parseMost(tokens) };
}

function parseElementType(tokens: LineTokens): ElementType {
  if (tokens.next !== "real" && tokens.next !== "index") return tokens.expected("real or index");
  return tokens.take() as ElementType;
}

function parseMost(tokens: LineTokens): { most?: Dim } {
  if (!tokens.accept("at")) return {};
  tokens.expect("most");
  return { most: parseDim(tokens) };
}

function parseShift(tokens: LineTokens): Dim {
  return tokens.accept("+") ? parseDim(tokens) : ZERO;
}
