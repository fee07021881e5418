/** A page in a browser without a window: it runs a script and sends what it reports to a server of this process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Browser {
  readonly file: string;
  /** For a profile in `folder`, which is empty. */
  readonly args: (folder: string) => readonly string[];
}

/** Chromium wants `--no-sandbox` where it is run by root. */
export const chromium = (file: string): Browser => ({
  file,
  args: (folder) => [
    ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
    ...["--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    `--user-data-dir=${folder}`,
  ],
});

export const firefox = (file: string): Browser => ({
  file,
  args: (folder) => ["--headless", "--no-remote", "--profile", folder],
});

/**
 * @param policy The page's content security policy.
 * @returns What the script left in `report`.
 */
export async function runInPage(
  { file, args }: Browser,
  folder: string,
  program: string,
  policy: string,
): Promise<string> {
  const { promise, resolve, reject } = withResolvers<string>();
  const send = `;fetch("/report", { method: "POST", body: typeof report === "string" ? report : "no report" });`;
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        response.end();
        resolve(body);
      });
      return;
    }
    response.setHeader("content-security-policy", policy);
    const isProgram = request.url === "/program.js";
    response.setHeader("content-type", `text/${isProgram ? "javascript" : "html"}; charset=utf-8`);
    response.end(isProgram ? program + send : `<!doctype html><script src="/program.js"></script>`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  // A group of its own: browsers are many processes.
  const child = spawn(file, [...args(folder), address], { stdio: "ignore", detached: process.platform !== "win32" });
  const timer = setTimeout(() => reject(new Error("the page reported nothing for three minutes")), 180_000);
  child.once("error", reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    const ended = once(child, "exit");
    if (child.pid !== undefined && child.exitCode === null) {
      if (process.platform === "win32") child.kill("SIGKILL");
      else process.kill(-child.pid, "SIGKILL");
      await ended;
    }
    server.closeAllConnections();
    server.close();
  }
}

/** Node 20 has no `Promise.withResolvers`. */
function withResolvers<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
