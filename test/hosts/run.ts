/** Programs of other engines: started, waited for and ended. */
import { execFile } from "node:child_process";

/** What the program printed. @throws Error with what it said where it fails or takes too long. */
export function run(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { encoding: "utf8", timeout: 180_000, killSignal: "SIGKILL", maxBuffer: 2 ** 26 } as const;
    execFile(file, [...args], { ...options, env: { ...process.env, ...env } }, (error, out, problems) => {
      if (error === null) resolve(out);
      else reject(new Error(`${error.message.split("\n")[0] ?? ""} ${problems.trim().slice(-300)}`));
    });
  });
}

/** The report of a program among what else was printed: its last line that is one. */
export function lastReport(printed: string): string {
  const found = printed.split("\n").findLast((line) => line.includes('{"js":'));
  if (found === undefined) throw new Error(`no report, but ${JSON.stringify(printed.slice(-300))}`);
  return found.slice(found.indexOf('{"js":'));
}
