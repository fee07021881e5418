// How is a word said? It needs nothing but the two files beside it:  node examples/pronounce/out/try.mjs recurrence
import { readFileSync } from "node:fs";
import { instantiate } from "./pronounce.mjs";

const names = JSON.parse(readFileSync(new URL("phonemes.json", import.meta.url), "utf8"));
for (const word of process.argv.slice(2)) {
  const letters = [...word.toLowerCase()].map((letter) => (letter === "'" ? 26 : letter.charCodeAt(0) - 97));
  const sizes = { S: letters.length, T: 0, N: 20 };
  const { said } = instantiate({ sizes: { ...sizes, T: 1 } }).forward({ letters, phonemes: [], sizes });
  console.log([...said.slice(0, said.indexOf(0) >>> 0)].map((phoneme) => names[phoneme]).join(" "));
}
