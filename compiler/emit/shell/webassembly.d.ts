/** What the shell uses of WebAssembly: the libraries without a DOM do not declare it. */
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }
  const Module: {
    new (bytes: ArrayBufferView | ArrayBuffer): Module;
    customSections(module: Module, name: string): ArrayBuffer[];
  };

  class Memory {
    constructor(limits: { readonly initial: number; readonly maximum: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }

  interface Instance {
    readonly exports: Readonly<Record<string, () => void>> & { readonly memory: Memory };
  }
  type Imports = Readonly<Record<string, Readonly<Record<string, Memory>>>>;
  const Instance: new (module: Module, imports?: Imports) => Instance;

  function compile(bytes: ArrayBufferView | ArrayBuffer): Promise<Module>;
  function instantiate(module: Module): Promise<Instance>;
  function validate(bytes: ArrayBufferView | ArrayBuffer): boolean;
}
