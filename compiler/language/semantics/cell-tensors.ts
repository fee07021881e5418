/** What a cell declares itself, without what belongs to the cells that it uses. */
import type { TypedCell, TypedTensor } from "./typed-program.js";

type Declaring = Pick<TypedCell, "items">;

/** In the order of the text. */
export function tensorsIn({ items }: Declaring): readonly TypedTensor[] {
  return items.flatMap((item) => (item.kind === "tensor" ? [item.tensor] : []));
}

export function tensorNamed(cell: Declaring, name: string): TypedTensor | undefined {
  return tensorsIn(cell).find((tensor) => tensor.name === name);
}
