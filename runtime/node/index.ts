/** recell/node: what programs for Node (and hosts that have its `node:fs`) do with files. The rest of the runtime needs no host. */

export { loadParamsFile, saveParamsFile } from "./params-file.js";
export type { FileUrl } from "./file-url.js";
export { checkpointFolder } from "./checkpoint-folder.js";
export { historyFile } from "./history-file.js";
export { writeFiles, type FileToWrite } from "./write-files.js";
export { FileError, type FileErrorCode } from "./file-error.js";
