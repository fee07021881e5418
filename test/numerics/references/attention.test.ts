/** Decoder steps with Bahdanau and Luong attention over a context whose length differs from example to example, as cells and in networks. */
import { describe, it } from "vitest";
import { pytorchLinks, rowBlock, toOurs, toTheirs, type Link } from "../../support/conventions.js";
import { ErrorLog, goldenNames, loadGolden, swapAxes, tensor, tolerances } from "../../support/goldens.js";
import type { Golden } from "../../support/goldens.js";
import { compileOnce, setParams, standardCell } from "../../support/models.js";

const log = new ErrorLog("attention");

interface Config {
  readonly variant: "bahdanau" | "luong_dot" | "luong_general";
  readonly cell: "gru" | "lstm";
  readonly batch: number;
  readonly source_time: number;
  readonly decoder_steps: number;
  readonly embedding_size: number;
  readonly encoder_size: number;
  readonly hidden_size: number;
  readonly attention_size: number | null;
  readonly output_size: number;
  readonly encoder_lengths: readonly number[] | null;
  readonly input_feeding: boolean;
}

/** The cell of the standard library, and its sizes. */
function modelOf(config: Config): { file: string; cell: string; dimensions: Record<string, number> } {
  const inner = config.cell.toUpperCase();
  const sizes = { E: config.embedding_size, H: config.hidden_size, O: config.output_size };
  const withEncoder = { ...sizes, He: config.encoder_size };
  if (config.variant === "bahdanau") {
    return { file: "bahdanau", cell: `Bahdanau${inner}`, dimensions: { ...withEncoder, A: config.attention_size! } };
  }
  const feed = config.input_feeding ? "Feed" : "";
  return config.variant === "luong_dot"
    ? { file: "luong", cell: `LuongDot${feed}${inner}`, dimensions: sizes }
    : { file: "luong", cell: `LuongGeneral${feed}${inner}`, dimensions: withEncoder };
}

/** `prefix` is that of the decoder in a network. */
function linksOf({ variant, cell }: Config, prefix: string): readonly Link[] {
  const common = [
    ...pytorchLinks(cell, `${prefix}rnn.`, "", "cell."),
    rowBlock(`${prefix}W_out`, "out.weight"),
    rowBlock(`${prefix}b_out`, "out.bias"),
  ];
  if (variant === "bahdanau") {
    return [
      ...common,
      rowBlock(`${prefix}W_q`, "attn.weight_q"),
      rowBlock(`${prefix}W_k`, "attn.weight_k"),
      rowBlock(`${prefix}b_a`, "attn.bias"),
      rowBlock(`${prefix}v`, "attn.v"),
    ];
  }
  return [...common, rowBlock(`${prefix}W_c`, "combine.weight"), rowBlock(`${prefix}W_a`, "attn.weight_a")];
}

/** The decoder over all steps, with the memory as an input of the network. */
function networkOf({ file, cell, dimensions }: ReturnType<typeof modelOf>, { input_feeding: feeds }: Config) {
  const sizes = Object.keys(dimensions);
  const outputs = ["alpha", "ctx", "out", ...(cell.startsWith("Luong") && !feeds ? ["h_tilde"] : [])];
  const width = "He" in dimensions ? "He" : "H";
  return [
    `import { ${cell} } from "std/${file}"`,
    `network Decoder(${sizes.join(", ")}; S >= 1, T) {`,
    "  input e: [T, E]",
    `  input enc: [S, ${width}]`,
    `  use dec = ${cell}(${sizes.map((size) => `${size} = ${size}`).join(", ")})`,
    "  d = dec(e, enc)",
    ...outputs.map((output) => `  output ${output} = d.${output}`),
    "}",
    "",
  ].join("\n");
}

/** Our states and their tensors, without `0` and `_n`. */
function statesOf({ cell, input_feeding }: Config, prefix: string): readonly (readonly [string, string])[] {
  const states: (readonly [string, string])[] = [["rnn.h", "s"]];
  if (cell === "lstm") states.push(["rnn.c", "c"]);
  if (input_feeding) states.push(["h_tilde", "htilde"]);
  return states.map(([ours, theirs]) => [`${prefix}${ours}`, theirs]);
}

const batchFirst = (golden: Golden, name: string): readonly number[] => swapAxes(tensor(golden, name)).data;

/** Without input feeding h~ is an output here; the case looks at the last step's. */
function lastStep(values: ArrayLike<number>, { batch, decoder_steps: steps, hidden_size: width }: Config): number[] {
  return Array.from({ length: batch * width }, (_, i) => {
    const b = Math.floor(i / width);
    return values[(b * steps + steps - 1) * width + (i % width)]!;
  });
}

function intoLastStep(
  last: readonly number[],
  { batch, decoder_steps: steps, hidden_size: width }: Config,
): Float64Array {
  const all = new Float64Array(batch * steps * width);
  for (let b = 0; b < batch; b++) {
    all.set(last.slice(b * width, (b + 1) * width), (b * steps + steps - 1) * width);
  }
  return all;
}

/** The memory, with NaN behind the end of each. */
function paddedMemory(golden: Golden, { source_time: time, encoder_lengths: lengths }: Config): readonly number[] {
  const { shape, data } = tensor(golden, "enc");
  const width = shape[2] ?? 1;
  return data.map((value, i) => {
    const [b, s] = [Math.floor(i / (time * width)), Math.floor(i / width) % time];
    return s < (lengths?.[b] ?? time) ? value : NaN;
  });
}

describe.each(["cells", "networks"])("attention decoders as %s", (form) => {
  it.each(goldenNames("attention"))("%s", async (name) => {
    const golden = loadGolden("attention", name);
    const tolerance = tolerances(golden);
    const config = golden.config as unknown as Config;
    const model = modelOf(config);
    const isNetwork = form === "networks";
    const module = await compileOnce(isNetwork ? networkOf(model, config) : standardCell(model.file), {
      cell: isNetwork ? "Decoder" : model.cell,
      dimensions: model.dimensions,
      dtype: "f64",
      gradient: true,
    });
    const [S, T] = [config.source_time, config.decoder_steps];
    const size = isNetwork ? { sizes: { S, T } } : { steps: T, sizes: { S } };
    const instance = module.instantiate({ batch: config.batch, ...size });
    const { params } = module.manifest;
    const prefix = isNetwork ? "dec." : "";
    const links = linksOf(config, prefix);
    const states = statesOf(config, prefix);
    setParams(instance, toOurs(links, params, golden.tensors));

    const initial = Object.fromEntries(states.map(([ours, theirs]) => [ours, tensor(golden, `${theirs}0`).data]));
    const sizes = config.encoder_lengths === null ? {} : { sizes: { S: config.encoder_lengths } };
    const values = { e: batchFirst(golden, "e"), enc: paddedMemory(golden, config), ...initial, ...sizes };
    const result = instance.forward(values);
    const outputs = [
      ["alpha", "alpha"],
      ["ctx", "context"],
      ["out", "out"],
    ] as const;
    for (const [ours, theirs] of outputs) {
      log.expectClose("values", theirs, result[ours], batchFirst(golden, theirs), tolerance.value);
    }
    for (const [ours, theirs] of states) {
      log.expectClose("values", `${theirs}_n`, result.final[ours], tensor(golden, `${theirs}_n`).data, tolerance.value);
    }
    const cotangents: Record<string, unknown> = {};
    for (const [ours, theirs] of outputs) cotangents[ours] = batchFirst(golden, `cot_${theirs}`);
    if (golden.tensors["htilde_n"] !== undefined && !config.input_feeding) {
      const wanted = tensor(golden, "htilde_n").data;
      log.expectClose("values", "htilde_n", lastStep(result["h_tilde"]!, config), wanted, tolerance.value);
      cotangents["h_tilde"] = intoLastStep(tensor(golden, "cot_htilde_n").data, config);
    }
    cotangents["final"] = Object.fromEntries(
      states.map(([ours, theirs]) => [ours, tensor(golden, `cot_${theirs}_n`).data]),
    );

    const gradient = instance.backward!(cotangents);
    log.expectClose("gradients", "grad.e", gradient["e"], batchFirst(golden, "grad.e"), tolerance.gradient);
    log.expectClose("gradients", "grad.enc", gradient["enc"], tensor(golden, "grad.enc").data, tolerance.gradient);
    for (const [ours, theirs] of states) {
      const wanted = tensor(golden, `grad.${theirs}0`).data;
      log.expectClose("gradients", `grad.${theirs}0`, gradient.initial[ours], wanted, tolerance.gradient);
    }
    for (const [weight, values] of Object.entries(toTheirs(links, params, gradient.params, golden.tensors))) {
      log.expectClose("gradients", `grad.${weight}`, values, tensor(golden, `grad.${weight}`).data, tolerance.gradient);
    }
  });
});
