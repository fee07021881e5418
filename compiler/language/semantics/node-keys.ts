/** Keys of the values of a cell: what depends on what, and what lowering computes in order. */

/** An equation or an output has its name as key. */
export const nextKey = (state: string): string => `${state}'`;
/** The call of a used cell. */
export const callKey = (instance: string): string => `${instance}()`;
/** What a used cell gives in a step that does not depend on what it is given in it. */
export const earlyKey = (instance: string): string => `${instance}(before)`;
/** The contexts given to a used cell. */
export const contextsKey = (instance: string): string => `${instance}(context)`;
/** The params given to a used cell. */
export const givenKey = (instance: string): string => `${instance}(param)`;
/** A function that reads values of the cell. */
export const functionKey = (name: string): string => `fn ${name}`;
/** A value of the cell, inside a function. */
export const capturedKey = (name: string): string => `cell ${name}`;
/** The initial value of a state. */
export const initialKey = (state: string): string => `initial ${state}`;
/** What a loss is divided by. */
export const weightKey = (loss: string): string => `per ${loss}`;
/** Where the length ends that an equation finds. */
export const untilKey = (equation: string): string => `until ${equation}`;
