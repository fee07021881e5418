/** Of numbers in compiled modules. */
export type Precision = "f32" | "f64";
