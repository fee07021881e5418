/** ONNX graphs in memory (https://onnx.ai/onnx/repo-docs/IR.html): nodes and tensors by name, and their bytes. */
import { type Field, message } from "./protobuf.js";

type Shape = readonly number[];
export type Attribute = number | string | Shape | Graph | { readonly float: number };

/** A graph under construction. Values are known by their names. */
export class Graph {
  readonly name: string;
  readonly #nodes: Uint8Array[] = [];
  readonly #initializers: Uint8Array[] = [];
  readonly #inputs: Uint8Array[] = [];
  readonly #outputs: Uint8Array[] = [];
  #count = 0;

  constructor(name: string) {
    this.name = name;
  }

  input(name: string, shape: Shape): string {
    this.#inputs.push(valueInfo(name, shape));
    return name;
  }

  output(value: string, name: string, shape: Shape): void {
    this.#nodes.push(message([1, value], [2, name], [4, "Identity"]));
    this.#outputs.push(valueInfo(name, shape));
  }

  /** A constant of 32-bit floats. */
  floats(data: Float32Array, shape: Shape): string {
    return this.#initializer(1, new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shape);
  }

  /** A constant list of 64-bit integers. */
  integers(...values: readonly number[]): string {
    return this.#initializer(7, new Uint8Array(BigInt64Array.from(values, BigInt).buffer), [values.length]);
  }

  /** One operation; an input that is left out is "". */
  node(type: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.nodes(type, inputs, 1, attributes)[0]!;
  }

  nodes(
    type: string,
    inputs: readonly string[],
    results: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const names = Array.from({ length: results }, () => this.#fresh());
    const encoded = Object.entries(attributes).map(([name, value]) => attribute(name, value));
    this.#nodes.push(message([1, inputs], [2, names], [4, type], [5, encoded]));
    return names;
  }

  encode(): Uint8Array {
    return message([1, this.#nodes], [2, this.name], [5, this.#initializers], [11, this.#inputs], [12, this.#outputs]);
  }

  #fresh(): string {
    return `${this.name}_${this.#count++}`;
  }

  #initializer(type: number, data: Uint8Array, shape: Shape): string {
    const name = this.#fresh();
    this.#initializers.push(message([1, shape], [2, type], [8, name], [9, data]));
    return name;
  }
}

/** The bytes of a model file. */
export function encodeModel(graph: Graph): Uint8Array {
  const operators = message([1, ""], [2, 17]);
  return message([1, 8], [2, "recell-bench"], [7, graph.encode()], [8, operators]);
}

/** A tensor of 32-bit floats. */
function valueInfo(name: string, shape: Shape): Uint8Array {
  const dims = shape.map((size) => message([1, size]));
  const tensor = message([1, 1], [2, message([1, dims])]);
  return message([1, name], [2, message([1, tensor])]);
}

function attribute(name: string, value: Attribute): Uint8Array {
  const [field, type]: [Field, number] =
    value instanceof Graph
      ? [[6, value.encode()], 5]
      : typeof value === "string"
        ? [[4, value], 3]
        : typeof value === "number"
          ? [[3, value], 2]
          : "float" in value
            ? [[2, value], 1]
            : [[8, value], 7];
  return message([1, name], field, [20, type]);
}
