/** Files of arrays and sound that other programs have written. */
import { readFileSync } from "node:fs";

interface RecordedArrays {
  readonly npy: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly values: readonly number[];
    readonly bytes: string;
  }[];
  readonly npz: readonly { readonly name: string; readonly bytes: string }[];
  readonly wav: readonly { readonly format: string; readonly samples: readonly number[]; readonly bytes: string }[];
}

const path = new URL("../fixtures/arrays/recorded.json", import.meta.url);
export const recordedArrays = JSON.parse(readFileSync(path, "utf8")) as RecordedArrays;

export const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
