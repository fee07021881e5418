/** The script of a worker of a pool. */
import { listenToPool } from "./host.js";
import { createServer } from "./serve.js";

const tell = listenToPool((order) => void serve(order));
const serve = createServer((told, given) => tell(told, given));
