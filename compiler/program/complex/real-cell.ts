/** A cell without complex numbers: tensors and equations that are complex are two, `x.re` and `x.im`. */
import { tensorNamed } from "../../language/semantics/cell-tensors.js";
import { initialKey, nextKey } from "../../language/semantics/node-keys.js";
import { statesIn } from "../../language/semantics/states-of-cell.js";
import type { TypedLoop } from "../../language/semantics/typed-networks.js";
import type {
  TypedCell,
  TypedExpression,
  TypedInstance,
  TypedInstanceCall,
  TypedItem,
  TypedNode,
  TypedTensor,
} from "../../language/semantics/typed-program.js";
import { ComplexToReal, partsOfName } from "./complex-to-real.js";
import { partName, realOf } from "./parts.js";

/** Each cell once, wherever it is used: frames find their values by it. */
const known = new WeakMap<TypedCell, TypedCell>();

export function realCell(cell: TypedCell): TypedCell {
  const made = known.get(cell) ?? new RealCell(cell).make();
  known.set(cell, made);
  return made;
}

class RealCell {
  private readonly cell: TypedCell;
  /** Keys of complex values. */
  private readonly keys = new Set<string>();
  private readonly toReal: ComplexToReal;

  constructor(cell: TypedCell) {
    this.cell = cell;
    const names = new Set<string>();
    for (const { key, name, value } of cell.nodes.values()) {
      if (key === name && value.type.kind === "complex") names.add(name);
    }
    for (const key of names) this.keys.add(key);
    for (const item of cell.items) {
      if (item.kind === "instance") {
        for (const { name, type } of item.instance.starts.values()) {
          if (type.kind === "complex") this.keys.add(initialKey(name));
        }
        continue;
      }
      if (item.tensor.type.kind !== "complex") continue;
      const { name } = item.tensor;
      names.add(name);
      for (const key of [nextKey(name), initialKey(name)]) this.keys.add(key);
    }
    this.toReal = new ComplexToReal(names);
  }

  make(): TypedCell {
    const { cell } = this;
    const nodes = new Map<string, TypedNode>();
    const splitKeys = new Map<string, readonly string[]>();
    for (const [key, node] of cell.nodes) {
      const made = this.toReal.nodes(node, this.keys.has(key));
      if (made.length > 1) splitKeys.set(key, made.map((one) => one.key)); // prettier-ignore
      for (const one of made) nodes.set(one.key, one);
    }
    const inOrder = (order: readonly string[]): string[] => order.flatMap((key) => splitKeys.get(key) ?? [key]);
    const items = cell.items.flatMap((item) => this.item(item));
    const inLoop = (loop: TypedLoop): TypedLoop => ({
      ...loop,
      members: inOrder(loop.members),
      fed: new Map(
        [...loop.fed].flatMap(([name, type]) => {
          const own = type.kind === "complex" ? realOf(type) : type;
          return (splitKeys.get(name) ?? [name]).map((key) => [key, own]);
        }),
      ),
    });
    return {
      ...cell,
      loops: cell.loops.map(inLoop),
      parts: cell.parts.map((part) => ({ ...part, order: inOrder(part.order), loops: part.loops.map(inLoop) })),
      items,
      nodes,
      calls: new Map([...cell.calls].map(([name, call]) => [name, this.call(name, call)])),
      givenParams: new Map([...cell.givenParams].map(([name, given]) => [name, this.named(name, given)])),
      stepOrder: inOrder(cell.stepOrder),
      early: new Set(inOrder([...cell.early])),
      initialOrder: inOrder(cell.initialOrder),
      startOrder: inOrder(cell.startOrder),
    };
  }

  private item(item: TypedItem): TypedItem[] {
    if (item.kind === "instance") return [{ ...item, instance: this.instance(item.instance) }];
    if (item.tensor.type.kind !== "complex") return [item];
    return (["re", "im"] as const).map((part) => ({ kind: "tensor", tensor: partOf(item.tensor, part) }));
  }

  private instance(instance: TypedInstance): TypedInstance {
    const { cell } = instance;
    const given = [...instance.given].flatMap((name) => (isComplexIn(cell, name) ? partsOfName(name) : [name]));
    const starts = [...instance.starts].flatMap(([path, tensor]): [string, TypedTensor][] =>
      tensor.type.kind === "complex"
        ? (["re", "im"] as const).map((part) => [partName(path, part), partOf(tensor, part)])
        : [[path, tensor]],
    );
    return { ...instance, cell: realCell(cell), given: new Set(given), starts: new Map(starts) };
  }

  private call(name: string, { inputs, contexts, states, ...call }: TypedInstanceCall): TypedInstanceCall {
    const real = (node: TypedExpression): TypedExpression => this.toReal.real(node);
    return { ...call, inputs: inputs.map(real), contexts: contexts.map(real), states: this.named(name, states) };
  }

  /** Params or states that a used cell is given. */
  private named(instance: string, given: ReadonlyMap<string, TypedExpression>): Map<string, TypedExpression> {
    const item = this.cell.items.find((one) => one.kind === "instance" && one.instance.name === instance);
    const result = new Map<string, TypedExpression>();
    for (const [name, value] of given) {
      if (item?.kind !== "instance" || !isComplexIn(item.instance.cell, name)) {
        result.set(name, this.toReal.real(value));
        continue;
      }
      const { re, im } = this.toReal.pair(value);
      result.set(partName(name, "re"), re);
      result.set(partName(name, "im"), im);
    }
    return result;
  }
}

function partOf({ initializer, imaginary, initial, start, ...tensor }: TypedTensor, part: "re" | "im"): TypedTensor {
  const name = partName(tensor.name, part);
  const own = part === "re" ? initializer : imaginary;
  // What is drawn is drawn once, whichever parts read it.
  const draws = part === "re" ? start?.draws : [];
  return {
    ...tensor,
    name,
    type: realOf(tensor.type),
    ...(initial !== undefined && { initial: initialKey(name) }),
    ...(own !== undefined && { initializer: own }),
    ...(start !== undefined && { start: { ...start, key: initialKey(name), draws: draws ?? [] } }),
  };
}

function isComplexIn(cell: TypedCell, name: string): boolean {
  const tensor = tensorNamed(cell, name) ?? statesIn(cell).find((state) => state.tensor.name === name)?.tensor;
  return tensor?.type.kind === "complex";
}
