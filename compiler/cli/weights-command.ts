/** The options of `recell weights`, and what its help says. */
import type { CommandEntry } from "./arguments.js";
import { json } from "./shared-options.js";

export const weightsCommand: CommandEntry = {
  name: "weights",
  summary: "look at files of weights, convert them, compare them",
  usage: "inspect|convert|diff FILE… [options]",
  description: `
Files are .safetensors, also checkpoints of training, or .npz, as NumPy writes them.

inspect FILE…     names, shapes and types of the tensors; least, greatest, mean and
                  deviation of the finite numbers of each, and how many are NaN or
                  infinite; texts in the file, and of a checkpoint what its run was.
convert FILE      writes weights as another library names and stacks them, or in another
                  precision. It knows RNNs, LSTMs, GRUs and linear layers by their names:
                  weight_ih_l0 and weight_hh_l0 of PyTorch, kernel and recurrent_kernel of
                  Keras, W, R and B of ONNX, W_f and U_f here. Biases that are there twice
                  are added up. Others stay as they are, and are told. Of checkpoints the
                  weights alone are taken.
diff FILE FILE    what only one of them has, what has other shapes, and how many numbers
                  of which tensors differ, and by how much at most. Exits with 1 where
                  anything does.

PyTorch writes such files by safetensors.torch.save_file(model.state_dict(), "w.safetensors"),
Keras by np.savez("w.npz", **{w.path: w.numpy() for w in model.weights}).`,
  options: [
    { name: "to", kind: "text", value: "LAYOUT", help: "convert: recell, pytorch, keras or onnx" },
    { name: "from", kind: "text", value: "LAYOUT", help: "convert: the same; told by the names where left out" },
    { name: "out", short: "o", kind: "text", value: "FILE", help: "convert: what to write, .safetensors or .npz" },
    { name: "dtype", kind: "text", value: "TYPE", help: "convert: f32 or f64; as they are where left out" },
    {
      name: "gru",
      kind: "text",
      value: "KIND",
      help: "convert: what ONNX does not tell of a GRU: reset-after, where\nlinear_before_reset is 1, or reset-before",
    },
    {
      name: "rename",
      kind: "list",
      value: "OLD=NEW",
      help: "convert: what names begin with, after all else; may be given\nseveral times, the first that fits counts",
    },
    {
      name: "take",
      kind: "text",
      value: "WHICH",
      help: "convert: of a checkpoint last (where left out), average or best",
    },
    {
      name: "tolerance",
      kind: "text",
      value: "X",
      help: "diff: differences of no more than X are none; 0 where left out",
    },
    json,
  ],
  examples: [
    ["recell weights inspect model.safetensors", "what is in it"],
    ["recell weights convert torch.safetensors --to recell --out gru.safetensors", "for recell build --params"],
    [
      "recell weights convert keras.npz --to recell --rename lstm.lstm_cell.= -o lstm.safetensors",
      "without the path that Keras has",
    ],
    ["recell weights convert run/step-0000000400.safetensors --take best -o best.safetensors", "out of a checkpoint"],
    ["recell weights diff before.safetensors after.safetensors --tolerance 1e-6", "for a continuous build"],
  ],
};
