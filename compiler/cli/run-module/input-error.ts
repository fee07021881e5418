/** What is wrong with the data that a module is to run over, with the place. */
export class InputError extends Error {
  override readonly name = "InputError";
}
