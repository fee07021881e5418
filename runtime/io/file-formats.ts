/** What our own safetensors files say that they are, in their metadata as `format`. */
export const fileFormats = {
  params: "recell-params",
  checkpoint: "recell-checkpoint",
  replay: "recell-replay",
} as const;
