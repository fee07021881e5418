/** The engines: where each is found, and how it runs the program. */
import { accessSync, constants, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, firefox, runInPage } from "./browser.js";
import { program, programWithFiles } from "./program.js";
import { lastReport, run } from "./run.js";

export interface Engine {
  readonly name: string;
  readonly title: string;
  /** Which targets have WebAssembly there: both, only `wasm` (its modules are compiled before), or none. */
  readonly compiles: "wasm and auto" | "wasm" | "nothing";
  /** The file that runs it; undefined where it is not here. */
  readonly find: () => string | undefined;
  readonly version: (file: string) => Promise<string>;
  /** Gives the report; `folder` is empty. */
  readonly run: (file: string, folder: string) => Promise<string>;
  readonly install: string;
}

/** Where packages are installed, from where this file is built to. */
export const packageFolder = fileURLToPath(new URL("../../../test/hosts", import.meta.url));

const fromNpm = "npm run hosts (installs it at its first run, where npm has it for this platform)";

const inPackage = (path: string) => (): string | undefined => executable(join(packageFolder, "node_modules", path));

/** The first of these programs on the PATH. */
const onPath =
  (...names: readonly string[]) =>
  (): string | undefined =>
    names
      .flatMap((name) => (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name)))
      .find((file) => executable(file) !== undefined);

function executable(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return file;
  } catch {
    return undefined;
  }
}

const askVersion = async (file: string): Promise<string> =>
  (await run(file, ["--version"])).trim().split("\n")[0] ?? "";

/** Runs the program as a script that prints. */
const printing =
  (args: readonly string[], env: Readonly<Record<string, string>> = {}): Engine["run"] =>
  async (file, folder) => {
    const script = join(folder, "program.js");
    writeFileSync(script, `${program()}console.log(report);\n`);
    return lastReport(await run(file, [...args, script], env));
  };

const node = (name: string): Engine => ({
  name,
  title: name.replace("node", "Node "),
  compiles: "wasm and auto",
  find: inPackage(`${name}/bin/node`),
  version: askVersion,
  run: printing([]),
  install: fromNpm,
});

/** A service whose test prints the report; modules of WebAssembly are part of its configuration. */
const runWorkerd: Engine["run"] = async (file, folder) => {
  const { text, files } = programWithFiles();
  const imports = files.map(({ name }) => `import ${name} from "./${name}.wasm";\n`).join("");
  // What a worker does, it does in a call: compiling and hashing are not for its start.
  const worker = `${imports}export default { test() {\n${text}console.log(report);\n} };\n`;
  writeFileSync(join(folder, "worker.js"), worker);
  for (const { name, bytes } of files) writeFileSync(join(folder, `${name}.wasm`), bytes);
  const modules = [
    '(name = "worker", esModule = embed "worker.js")',
    ...files.map(({ name }) => `(name = "./${name}.wasm", wasm = embed "${name}.wasm")`),
  ];
  const config = [
    'using Workerd = import "/workerd/workerd.capnp";',
    'const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);',
    `const worker :Workerd.Worker = (compatibilityDate = "2026-01-01", modules = [${modules.join(", ")}]);`,
    "",
  ].join("\n");
  writeFileSync(join(folder, "config.capnp"), config);
  return lastReport(await run(file, ["test", "--verbose", join(folder, "config.capnp")]));
};

/** QuickJS comes as WebAssembly, so that Node runs it. */
const runQuickJs: Engine["run"] = async (file, folder) => {
  const script = join(folder, "quickjs.mjs");
  const lines = [
    `import { getQuickJS } from ${JSON.stringify(new URL(`file://${file}`).href)};`,
    "const engine = await getQuickJS();",
    `console.log(engine.evalCode(${JSON.stringify(`${program()}report;`)}));`,
  ];
  writeFileSync(script, lines.join("\n"));
  return lastReport(await run(process.execPath, [script]));
};

const page =
  (kind: typeof chromium, policy: string): Engine["run"] =>
  (file, folder) =>
    runInPage(kind(file), folder, program(), policy);

const allows = "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
const forbids = "script-src 'self'; connect-src 'self'";
const chromiumPrograms = onPath("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
const firefoxPrograms = onPath("firefox", "firefox-esr");
const chromiumInstall = "Debian: apt-get install chromium; elsewhere any Chromium on the PATH";
const firefoxInstall = "Debian: apt-get install firefox-esr; elsewhere any Firefox on the PATH";

const browser = (
  name: string,
  title: string,
  of: Pick<Engine, "find" | "install">,
  kind: typeof chromium,
): Engine[] => [
  { name, title, compiles: "wasm and auto", ...of, version: askVersion, run: page(kind, allows) },
  {
    name: `${name}-csp`,
    title: `${title}, policy`,
    compiles: "nothing",
    ...of,
    version: askVersion,
    run: page(kind, forbids),
  },
];

export const engines: readonly Engine[] = [
  {
    name: "node",
    title: "Node, this one",
    compiles: "wasm and auto",
    find: () => process.execPath,
    version: askVersion,
    run: printing([]),
    install: "",
  },
  {
    name: "jitless",
    title: "Node --jitless",
    compiles: "nothing",
    find: () => process.execPath,
    version: askVersion,
    run: printing(["--jitless", "--no-warnings"]),
    install: "",
  },
  node("node22"),
  node("node24"),
  node("node26"),
  ...browser("chromium", "Chromium", { find: chromiumPrograms, install: chromiumInstall }, chromium),
  ...browser("firefox", "Firefox", { find: firefoxPrograms, install: firefoxInstall }, firefox),
  {
    name: "deno",
    title: "Deno",
    compiles: "wasm and auto",
    find: () => inPackage("@deno/linux-x64-glibc/deno")() ?? onPath("deno")(),
    version: askVersion,
    run: printing(["run", "--no-config"], { DENO_NO_UPDATE_CHECK: "1" }),
    install: fromNpm,
  },
  {
    name: "bun",
    title: "Bun",
    compiles: "wasm and auto",
    find: () => inPackage("@oven/bun-linux-x64/bin/bun")() ?? onPath("bun")(),
    version: askVersion,
    run: printing([]),
    install: fromNpm,
  },
  {
    name: "workerd",
    title: "workerd",
    compiles: "wasm",
    find: () => inPackage("@cloudflare/workerd-linux-64/bin/workerd")() ?? onPath("workerd")(),
    version: askVersion,
    run: runWorkerd,
    install: fromNpm,
  },
  {
    name: "quickjs",
    title: "QuickJS",
    compiles: "nothing",
    find: () => readable(join(packageFolder, "node_modules/quickjs-emscripten/dist/index.mjs")),
    version: () => Promise.resolve("quickjs-emscripten"),
    run: runQuickJs,
    install: fromNpm,
  },
];

function readable(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK);
    return file;
  } catch {
    return undefined;
  }
}
