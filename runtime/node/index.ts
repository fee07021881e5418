/** recell/node: what programs for Node (and hosts that have its `node:fs`) do with files. The rest of the runtime needs no host. */

export { loadParamsFile, saveParamsFile, type FileUrl } from "./params-file.js";
export { writeFiles, type FileToWrite } from "./write-files.js";
export { FileError, type FileErrorCode } from "./file-error.js";
