// Goes on with a text. It needs nothing but the file beside it:  node examples/moby-dick/out/try.mjs "Call me " 0.7 1
import { instantiate } from "./moby-dick.mjs";

const [text = "Call me ", temperature = "0.7", seed = "1"] = process.argv.slice(2);
const previous = Array.from(text, (letter) => (letter === "\n" ? 95 : letter.charCodeAt(0) - 32));
const first = previous.pop();
const sizes = { T: previous.length, N: 500 };
const values = { previous, first: [first], temperature: Number(temperature), seed: Number(seed), sizes };
const { written } = instantiate({ sizes: { ...sizes, T: Math.max(1, sizes.T) } }).forward(values);
console.log(text + Array.from(written, (letter) => (letter === 95 ? "\n" : String.fromCharCode(letter + 32))).join(""));
