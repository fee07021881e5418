/** Programs of any size, for what compiling them takes. */

export interface ProgramShape {
  readonly name: string;
  readonly title: string;
  /** A cell `Program(H)` of about so many operations. */
  readonly source: (operations: number) => string;
}

const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: Math.max(1, count) }, (_, i) => line(i)).join("\n");

const cell = (body: string, before = ""): string => `${before}cell Program(H) {\n  input x: [H]\n${body}\n}\n`;

export const programShapes: readonly ProgramShape[] = [
  {
    name: "chain",
    title: "chained equations",
    source: (operations) =>
      cell(`  state h: [H]
  a0 = h + x
${lines(operations, (i) => (i % 2 === 0 ? `  a${i + 1} = tanh(a${i})` : `  a${i + 1} = a${i} * a${i - 1}`))}
  h' = a${operations}
  output y = h'`),
  },
  {
    name: "products",
    title: "products with shared inputs",
    source: (operations) => {
      const count = Math.max(1, Math.round(operations / 3));
      return cell(`  state h: [H]
  param W: [H, H]
  a0 = W @ h + x
${lines(count, (i) => `  a${i + 1} = tanh(W @ a${i} + a${i >> 1})`)}
  h' = a${count}
  output y = h'`);
    },
  },
  {
    name: "params",
    title: "many parameters",
    source: (operations) => {
      const count = Math.max(1, Math.round(operations / 4));
      return cell(`  state h: [H]
${lines(count, (i) => `  param W${i}: [H, H]\n  param b${i}: [H]`)}
  a0 = h * x
${lines(count, (i) => `  a${i + 1} = a${i} + tanh(W${i} @ ${i % 2 === 0 ? "x" : "h"} + b${i})`)}
  h' = a${count}
  output y = h'`);
    },
  },
  {
    name: "uses",
    title: "chains of fn and use",
    source: (operations) => {
      const count = Math.max(1, Math.round(operations / 12));
      const functions = lines(5, (i) => {
        const argument = i === 0 ? "v / 2" : `f${i - 1}(v) + v`;
        return `fn f${i}(v: [n]): [n] { return tanh(${argument}) }`;
      });
      const layer =
        "cell Layer(H) {\n  input x: [H]\n  state h: [H]\n  param w: [H]\n  h' = f4(w * x + h)\n  output y = h'\n}\n";
      return cell(
        `${lines(count, (i) => `  use l${i} = Layer(H)`)}
${lines(count, (i) => `  y${i} = l${i}(${i === 0 ? "x" : `y${i - 1}`})`)}
  output y = y${count - 1}`,
        `${functions}\n${layer}`,
      );
    },
  },
];
