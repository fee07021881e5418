/** The table of `spec/numerics.md`, from the functions' own statements. */
import { mathFunctions, mathNames } from "./functions.js";

const powerOfTwo = (x: number): string => (x === 0 ? "0" : `2^${Math.log2(x)}`);

/** A Markdown table row per function, with a heading: bounds in units in the last place, and for subnormal results. */
export function describeMathFunctions(): string {
  const head = ["function", "range", "f32 ulp", "f32 subnormal", "f64 ulp", "f64 subnormal", "what it is"];
  const rows = mathNames.map((name) => {
    const { f32, doc, range, bounds } = mathFunctions[name];
    return [
      `\`${name}(${f32.params.map((p) => p.name).join(", ")})\``,
      range,
      String(bounds.f32.ulp),
      powerOfTwo(bounds.f32.subnormal),
      String(bounds.f64.ulp),
      powerOfTwo(bounds.f64.subnormal),
      doc,
    ];
  });
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
