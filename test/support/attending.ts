/** A network that streams along `T`, and computes of another input what is the same at every step. */
export const attendingNetwork = `network Attending(H, D; S >= 1, T) {
  input x: [T, H]
  input memory: [S, D]
  param W: [H, D] ~ glorot_uniform
  keys[s] = tanh(W @ memory[s])
  total = before(total, 0) + x
  output y[t] = softmax(keys @ total[t]) @ keys
}
`;
