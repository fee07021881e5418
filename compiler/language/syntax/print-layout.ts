/**
 * A small pretty printer: a document says where lines may break, and a group breaks all of its own lines or none,
 * depending on what fits. Without recursion over the text, so that long lists cost no stack.
 */
export type Doc =
  | string
  | readonly Doc[]
  | { readonly kind: "group"; readonly content: Doc }
  | { readonly kind: "indent"; readonly content: Doc }
  | { readonly kind: "line"; readonly flat: string };

/** A space, or a line break in a broken group. */
export const line: Doc = { kind: "line", flat: " " };
/** Nothing, or a line break in a broken group. */
export const softLine: Doc = { kind: "line", flat: "" };

/** A line break in a broken group, or what stands in its place. */
export const lineOr = (flat: string): Doc => ({ kind: "line", flat });

export function group(...content: Doc[]): Doc {
  return { kind: "group", content };
}

export function indent(...content: Doc[]): Doc {
  return { kind: "indent", content };
}

/** The items with `, ` between them, perhaps one a line. */
export function commaList(items: readonly Doc[]): Doc {
  return items.flatMap((item, index) => (index === 0 ? [item] : [",", line, item]));
}

interface Task {
  readonly indentation: number;
  readonly broken: boolean;
  readonly doc: Doc;
}

/** Renders a document that begins at `column` of a line indented by `indentation`. */
export function render(doc: Doc, indentation: number, column: number, width: number): string {
  const parts: string[] = [];
  const stack: Task[] = [{ indentation, broken: true, doc }];
  let used = column;
  for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
    const { doc: current } = task;
    if (typeof current === "string") {
      parts.push(current);
      used += current.length;
    } else if (isList(current)) {
      for (let index = current.length - 1; index >= 0; index -= 1) stack.push({ ...task, doc: current[index]! });
    } else if (current.kind === "indent") {
      stack.push({ ...task, indentation: task.indentation + 2, doc: current.content });
    } else if (current.kind === "group") {
      stack.push({ ...task, broken: !fits(current.content, width - used), doc: current.content });
    } else if (task.broken) {
      parts.push("\n", " ".repeat(task.indentation));
      used = task.indentation;
    } else {
      parts.push(current.flat);
      used += current.flat.length;
    }
  }
  return parts.join("");
}

/** Whether a document fits on the rest of a line. Gives up as soon as it does not, so the cost is bounded by the width. */
function fits(doc: Doc, room: number): boolean {
  const stack: { readonly doc: Doc; next: number }[] = [{ doc, next: 0 }];
  let rest = room;
  while (stack.length > 0 && rest >= 0) {
    const top = stack[stack.length - 1]!;
    if (isList(top.doc) && top.next < top.doc.length) {
      stack.push({ doc: top.doc[top.next]!, next: 0 });
      top.next += 1;
      continue;
    }
    stack.pop();
    if (typeof top.doc === "string") rest -= top.doc.length;
    else if (isList(top.doc)) continue;
    else if (top.doc.kind === "line") rest -= top.doc.flat.length;
    else stack.push({ doc: top.doc.content, next: 0 });
  }
  return rest >= 0;
}

function isList(doc: Doc): doc is readonly Doc[] {
  return Array.isArray(doc);
}
