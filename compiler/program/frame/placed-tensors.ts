/** The tensors of a cell and of everything it uses, by path. */
import { isStored, type TypedTensor } from "../../language/semantics/typed-program.js";
import { type CellFrame, childNames, childOf } from "./frame.js";

export interface PlacedTensor {
  readonly tensor: TypedTensor;
  readonly frame: CellFrame;
  /** `lower.h`: of the whole module. */
  readonly name: string;
  /** Used cells from the frame that was asked to that of the tensor, each of an array by its own name. */
  readonly users: readonly string[];
  /** The same with an array of them once. */
  readonly within: readonly string[];
  /** In which it begins: its own, or that of a user who says how. */
  readonly startFrame: CellFrame;
}

/** `lower.h`: in the frame that was asked, the tensor or another one beside it. */
export const pathIn = ({ users, tensor }: PlacedTensor, name = tensor.name): string => [...users, name].join(".");

/** Tensors of a role in the order of their declarations, those of a used cell where it is declared. */
export function tensorsOf(frame: CellFrame, role: TypedTensor["role"]): PlacedTensor[] {
  return frame.cell.items.flatMap((item) => {
    if (item.kind === "tensor") {
      const { tensor } = item;
      const placed = { tensor, frame, name: frame.path + tensor.name, users: [], within: [], startFrame: frame };
      return tensor.role === role ? [placed] : [];
    }
    const { name, section, given, sharedWith, starts } = item.instance;
    if (role === "input" || role === "context") return [];
    const isStoredRole = isStored({ role });
    if (isStoredRole && sharedWith !== undefined) return [];
    return childNames(frame, item.instance).flatMap((user) => {
      const child = childOf(frame, user);
      const own = tensorsOf(child, role).filter(({ tensor, frame: owner }) => !isStoredRole || owner !== child || !given.has(tensor.name)); // prettier-ignore
      const begun = starts.size === 0 ? own : own.map((placed) => begunBy(frame, starts, placed));
      return begun.map((placed) => ({
        ...placed,
        users: [user, ...placed.users],
        within: [section?.array ?? name, ...placed.within],
      }));
    });
  });
}

/** With the initial value that the user of its cell says; all in an array begin alike. */
function begunBy(user: CellFrame, starts: ReadonlyMap<string, TypedTensor>, placed: PlacedTensor): PlacedTensor {
  const begun = starts.get([...placed.within, placed.tensor.name].join("."));
  if (begun === undefined) return placed;
  const { initializer, start } = begun;
  const { role, name, span, documentation, type } = placed.tensor;
  const tensor = {
    role,
    name,
    span,
    documentation,
    type,
    ...(initializer && { initializer }),
    ...(start && { start }),
  };
  return { ...placed, tensor, startFrame: user };
}
