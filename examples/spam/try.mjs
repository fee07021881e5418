// Is this text spam? It needs nothing but the two files beside it:  node examples/spam/out/try.mjs "You have won a prize!"
import { readFileSync } from "node:fs";
import { instantiate } from "./spam.mjs";

const numbers = JSON.parse(readFileSync(new URL("words.json", import.meta.url), "utf8"));
const words = (process.argv[2].toLowerCase().match(/[a-z]{1,20}|[0-9]+|[$!?]/gu) ?? [])
  .map((word) => (/^[0-9]/u.test(word) ? "0" : word))
  .slice(0, 800);
const T = Math.max(1, words.length);
const { p, alpha } = instantiate({ sizes: { T } }).forward({
  words: Array.from({ length: T }, (_, t) => numbers[words[t]] ?? 0),
});
const told = words
  .map((word, t) => [word, alpha[t]])
  .sort(([, a], [, b]) => b - a)
  .slice(0, 5);
console.log(`spam: ${p[0]}`);
console.log(`looked at: ${told.map(([word, weight]) => `${word} ${(100 * weight).toFixed(0)} %`).join(", ")}`);
