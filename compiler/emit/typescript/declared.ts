/** What declarations consist of. */
import type { Member } from "./members.js";

export interface DeclaredMethod {
  readonly name: string;
  readonly parameters: readonly (readonly [name: string, type: string, optional: boolean])[];
  readonly result: string;
  readonly docs: string;
}

export interface DeclaredType {
  readonly name: string;
  readonly docs: string;
  readonly type: string | { readonly members: readonly Member[]; readonly methods?: readonly DeclaredMethod[] };
}
