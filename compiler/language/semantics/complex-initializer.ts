/** How complex params begin with numbers or draws alone: `~ complex(normal(1), normal(1))`, or a real number. */
import type { Expression } from "../syntax/ast.js";
import type { Checker } from "./checker.js";
import { isPlain, resolveInitializer } from "./initializers.js";
import type { SemanticType } from "./semantic-type.js";
import type { TypedTensor } from "./typed-program.js";

/** Initialisers that draw nothing. The imaginary part of a number is zero; that of a draw would be forgotten. */
const ofNumbers = new Set(["constant", "zeros", "ones"]);

/** Whether modules can say it without computing it: of a complex tensor a plain initialiser, or one for each part. */
export function isPlainStart(checker: Checker, node: Expression, type: SemanticType): boolean {
  const parts = type.kind === "complex" ? partsIn(node) : undefined;
  return (parts ?? [node]).every((part) => isPlain(checker, part));
}

/** Of a real tensor one initialiser, of a complex one those of both parts; nothing where something was reported. */
export function resolveStart(
  checker: Checker,
  node: Expression,
  type: SemanticType,
): Pick<TypedTensor, "initializer" | "imaginary"> {
  if (type.kind !== "complex") return only(resolveInitializer(checker, node, type));
  const real: SemanticType = { kind: "real", axes: type.axes };
  const parts = partsIn(node)?.map((part) => resolveInitializer(checker, part, real));
  if (parts !== undefined) {
    const [initializer, imaginary] = parts;
    return { ...only(initializer), ...(imaginary && { imaginary }) };
  }
  const initializer = resolveInitializer(checker, node, real);
  if (initializer === undefined || ofNumbers.has(initializer.name))
    return { ...only(initializer), imaginary: { name: "zeros", span: node.span, arguments: [] } };
  reportOnePart(checker, node.span, initializer.name);
  return {};
}

/** Whoever draws a real number for a complex one has most likely forgotten the other. */
export function reportOnePart(checker: Checker, span: Expression["span"], name: string): void {
  checker.report("bad-initializer", span, `\`${name}\` draws one part of a complex number`, {
    help: `give it to both: \`complex(${name}…, ${name}…)\`; \`complex(${name}…, 0)\` where the other is 0`,
  });
}

/** What `complex(a, b)` is made of. */
function partsIn(node: Expression): readonly [Expression, Expression] | undefined {
  if (node.kind !== "call" || node.callee.text !== "complex") return undefined;
  const [re, im, ...others] = node.arguments;
  const isPair = others.length === 0 && re?.name === undefined && im?.name === undefined;
  return isPair && re !== undefined && im !== undefined ? [re.value, im.value] : undefined;
}

const only = (initializer: TypedTensor["initializer"]): Pick<TypedTensor, "initializer"> =>
  initializer === undefined ? {} : { initializer };
