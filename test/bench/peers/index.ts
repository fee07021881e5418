/** All peers, in the order of the tables. */
import { jaxJs } from "./jax-js.js";
import { naive } from "./naive.js";
import { ortNode, ortWeb } from "./onnxruntime.js";
import type { Peer } from "./peer.js";
import { recellPeers } from "./recell.js";
import { tfjsWasm } from "./tfjs.js";

export const peers: readonly Peer[] = [...recellPeers, naive, ortWeb, tfjsWasm, jaxJs, ortNode];
