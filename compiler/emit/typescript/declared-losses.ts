/** What declarations say of losses: the method `gradient`, and what it gives. */
import type { DeclaredMethod, DeclaredType } from "./declared.js";
import { propertyName } from "./members.js";

/** @param values How `forward` takes its arguments. */
export function lossMethods(
  losses: readonly string[],
  values: DeclaredMethod["parameters"][number],
): readonly DeclaredMethod[] {
  if (losses.length === 0) return [];
  const named = losses.map((name) => `${propertyName(name)}?: number`).join("; ");
  const docs =
    "The losses, and the gradient of all together. `per` is what they are divided by, in the place of what they say " +
    "themselves: so that gradients of the parts of a batch add up to that of the whole.";
  const weights: DeclaredMethod = {
    name: "weights",
    parameters: [values],
    result: `{ ${losses.map((name) => `readonly ${propertyName(name)}: number`).join("; ")} }`,
    docs: "What each loss of a batch is divided by, at the cost of what that is made of: without the losses themselves.",
  };
  const options = ["options", `{ per?: number | { ${named} } }`, true] as const;
  return [
    { name: "gradient", parameters: [values, options], result: "LossGradient", docs },
    ...(losses.length > 1 ? [weights] : []),
  ];
}

export function lossGradientType(losses: readonly string[]): readonly DeclaredType[] {
  if (losses.length === 0) return [];
  const told = "{ readonly value: number; readonly sum: number; readonly weight: number }";
  const each = losses.map((name) => `readonly ${propertyName(name)}: ${told}`).join("; ");
  return [
    {
      name: "LossGradient",
      docs: "The losses of a batch, the gradient of all together, and the states after each example's last step.",
      type: `Gradient & { readonly loss: number; readonly losses: { ${each} }; readonly final: States }`,
    },
  ];
}
