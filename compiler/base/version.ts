/** Version of the compiler, as package.json has it (a test compares them): it stands in every emitted module. */
export const version = "0.1.0";
