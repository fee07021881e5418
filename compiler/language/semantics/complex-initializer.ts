/** How params begin that may be complex: `~ complex(normal(1), normal(1))`, or a number. */
import type { Expression } from "../syntax/ast.js";
import type { Checker } from "./checker.js";
import { resolveInitializer } from "./initializers.js";
import type { SemanticType } from "./semantic-type.js";
import type { TypedTensor } from "./typed-program.js";

/** Initialisers that draw nothing. The imaginary part of a number is zero; that of a draw would be forgotten. */
const ofNumbers = new Set(["constant", "zeros", "ones"]);

/** Of a real tensor one initialiser, of a complex one those of both parts; nothing where something was reported. */
export function resolveStart(
  checker: Checker,
  node: Expression,
  type: SemanticType,
): Pick<TypedTensor, "initializer" | "imaginary"> {
  const given = node.kind === "call" && node.callee.text === "complex" ? node.arguments : undefined;
  if (type.kind !== "complex") return only(resolveInitializer(checker, node, type));
  const real: SemanticType = { kind: "real", axes: type.axes };
  if (given === undefined) {
    const initializer = resolveInitializer(checker, node, real);
    if (initializer === undefined || ofNumbers.has(initializer.name))
      return { ...only(initializer), imaginary: { name: "zeros", span: node.span, arguments: [] } };
    const { name } = initializer;
    checker.report("bad-initializer", node.span, `\`${name}\` draws one part of a complex number`, {
      help: `give it to both: \`complex(${name}…, ${name}…)\``,
    });
    return {};
  }
  const parts = given.map(({ value }) => resolveInitializer(checker, value, real));
  const [initializer, imaginary, ...others] = parts;
  if (given.length === 2 && given.every(({ name }) => name === undefined) && others.length === 0)
    return { ...only(initializer), ...(imaginary && { imaginary }) };
  checker.report("wrong-arity", node.span, "`complex` takes the initialisers of two parts", {
    help: "`complex(normal(1), normal(1))`",
  });
  return {};
}

const only = (initializer: TypedTensor["initializer"]): Pick<TypedTensor, "initializer"> =>
  initializer === undefined ? {} : { initializer };
