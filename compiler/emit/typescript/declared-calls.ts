/** What declarations say of calls: the types of what `forward` and streams take and give, and these functions. */
import type { Manifest } from "../../../runtime/module/manifest.js";
import { hasSteps, namedAxes, ofOneStep, ofStream } from "../../../runtime/module/axes.js";
import { printString } from "../text/literal.js";
import type { DeclaredMethod, DeclaredType } from "./declared.js";
import { callOptions, optionsInSnapshot } from "./option-members.js";
import {
  contextMembers,
  inline,
  inputMembers,
  member,
  optional,
  sizeMembers,
  stateMembers,
  tensors,
  toldMembers,
} from "./members.js";

const lengthsMember = member(
  "lengths",
  "Indices",
  "`[B]`, the real steps of each example, 0 to T; after them outputs are zero and states stay.",
  optional,
);
const stepsMember = member("steps", "number", "Steps in this call, T; the capacity where left out.", optional);
const batchMember = member("batch", "number", "Examples in this call, B; the capacity where left out.", optional);

export function sequenceTypes(manifest: Manifest): DeclaredType[] {
  const { states } = manifest;
  const givenStates = stateMembers(states, true, ({ initial }) => {
    const otherwise = initial === "zeros" ? "zeros" : "the declared initial value";
    return `, the state before the first step; ${otherwise} where left out`;
  });
  return [
    {
      name: "Params",
      docs:
        "Parameters: write into them, `params.W.set(values)`, also into arrays that you keep. Every call computes with what " +
        "they hold when it begins.",
      type: { members: tensors(manifest.params) },
    },
    ...(manifest.fixed === undefined
      ? []
      : [
          {
            name: "Fixed",
            docs: "Values that are never trained: write into them as into parameters. `init` leaves those alone whose arrays were read.",
            type: { members: tensors(manifest.fixed) },
          },
        ]),
    { name: "States", docs: "A tensor for each state.", type: { members: stateMembers(states, false) } },
    {
      name: "ForwardArguments",
      docs: "What `forward` takes.",
      type: {
        members: [
          ...inputMembers(manifest.inputs),
          ...contextMembers(manifest.contexts, { type: "Reals" }),
          ...givenStates,
          ...(hasSteps(manifest) ? [lengthsMember] : []),
          ...sizeMembers(manifest),
          batchMember,
          ...(hasSteps(manifest) ? [stepsMember] : []),
          ...callOptions(manifest),
        ],
      },
    },
    {
      name: "ForwardResult",
      docs: "What `forward` gives.",
      type: {
        members: [
          ...tensors(manifest.outputs),
          member("final", "States", "The states after each example's last step."),
          ...toldMembers(manifest),
        ],
      },
    },
  ];
}

export function streamTypes(manifest: Manifest): DeclaredType[] {
  const given = { type: "Reals", optional: true } as const;
  const contexts = contextMembers(manifest.contexts, { ...given, note: ", kept from step to step" });
  const states = manifest.states.filter(({ forLosses }) => forLosses !== true);
  const named = namedAxes(manifest).filter((name) => name !== manifest.stream);
  const sizes = named.map((name) => member(name, "{ readonly padded: number; readonly each: readonly number[] }", ""));
  return [
    {
      name: "StepArguments",
      docs: "What `step` takes.",
      type: { members: [...inputMembers(ofOneStep(manifest, manifest.inputs)), ...contexts] },
    },
    {
      name: "StepResult",
      docs: "What `step` gives.",
      type: { members: tensors(ofOneStep(manifest, manifest.outputs)) },
    },
    {
      name: "StepsArguments",
      docs: "What `steps` takes.",
      type: {
        members: [...inputMembers(ofStream(manifest, manifest.inputs)), ...contexts, stepsMember],
      },
    },
    {
      name: "StepsResult",
      docs: "What `steps` gives.",
      type: { members: tensors(ofStream(manifest, manifest.outputs)) },
    },
    {
      name: "ResetArguments",
      docs: "What `reset` takes.",
      type: {
        members: [...contexts, ...stateMembers(states, true), ...sizeMembers(manifest, named), batchMember, ...callOptions(manifest)], // prettier-ignore
      },
    },
    {
      name: "Snapshot",
      docs: "A stream's state, apart from the module's memory; it can be cloned and stored.",
      type: {
        members: [
          member("cell", printString(manifest.cell), ""),
          member("batch", "number", ""),
          member("sizes", inline(sizes), ""),
          member(
            "states",
            states.length === manifest.states.length ? "States" : inline(stateMembers(states, false)),
            "",
          ),
          member("contexts", inline(contextMembers(manifest.contexts, { optional: true })), ""),
          ...optionsInSnapshot(manifest),
        ],
      },
    },
  ];
}

export const forwardArguments = ["args", "ForwardArguments", false] as const;

export const forwardMethod = method(
  "forward",
  [forwardArguments],
  "ForwardResult",
  "Runs the cell over whole sequences.",
);

export function method(
  name: string,
  parameters: DeclaredMethod["parameters"],
  result: string,
  docs: string,
): DeclaredMethod {
  return { name, parameters, result, docs };
}

export const streamMethods: readonly DeclaredMethod[] = [
  method("step", [["args", "StepArguments", false]], "StepResult", "Runs one step of a stream and keeps the state."),
  method(
    "steps",
    [["args", "StepsArguments", false]],
    "StepsResult",
    "Runs several steps of a stream in one call, in the buffers of `forward`, and keeps the state: the same bits as from `step`.",
  ),
  method("reset", [["args", "ResetArguments", true]], "void", "Starts a stream: states as given, or as declared."),
  method("snapshot", [], "Snapshot", "The stream's state."),
  method("restore", [["snapshot", "Snapshot", false]], "void", "Goes on where a snapshot was taken."),
];

export const selectMethod = method(
  "select",
  [["rows", "Indices", false]],
  "void",
  "Each example of the stream goes on with the states of the one that is named for it; contexts stay where they are.",
);
