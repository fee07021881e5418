/** Functions in front of random cells, and a cell. */

/** Functions that random cells call, by their names. */
export const functions: Readonly<Record<string, string>> = {
  by_rows: "fn by_rows(M: [n, k], v: [k]): [n] {\n  R[i] = M[i] @ v\n  return R\n}\n",
  pairs: "fn pairs(a: [n], b: [k]): [n, k] {\n  P[i, j] = tanh(a[i] - b[j]) * (1 + i) / (2 + j)\n  return P\n}\n",
  turned: "fn turned(v: [n]): [n] {\n  T[i < n] = v[n - 1 - i] * cos(i)\n  return T\n}\n",
  diagonal:
    "fn diagonal(v: [n]): [n] {\n  D[i, j] = if i == j then v[i] * v[j] else 0.1 * v[j]\n  d[i] = D[i, i]\n  return d + sum(D, axis = 1)\n}\n",
  scaled: "fn scaled(v: [n], gain: [n]): [n] {\n  d = v - mean(v)\n  return gain * d / sqrt(mean(d * d) + 0.1)\n}\n",
  mix: "fn mix(rate: real, a: [n], b: [n]): [n] { return rate * a + (1 - rate) * b }\n",
  Dense: "cell Dense(H) {\n  input v: [H]\n  param D: [H, H] ~ uniform(1)\n  output w = 0.5 * v + tanh(D @ v)\n}\n",
  Pile: "cell Pile(H) {\n  input v: [H]\n  state p: [H] = 0.5\n  param D: [H] ~ uniform(1)\n  p' = 0.5 * tanh(D * p + v)\n  output w = p' + 0.25 * v\n}\n",
  Around:
    "cell Around(Cell: cell(H), H) {\n  input v: [H]\n  use near, far = Cell(H)\n  output w = near(v) - 0.5 * far(sin(v))\n}\n",
  settled: "fn settled(v: [n], w: [n]): [n] {\n  r = v then w - 0.5 * tanh(r) for 3\n  return r\n}\n",
  exchanged:
    "fn exchanged(v: [n], w: [n]): [n] {\n  a, b = (v, w) then (sigmoid(b) * a, tanh(a') - b) for 2\n  return a * b\n}\n",
  deep: "fn deep(V: [3, n], v: [n]): [n] {\n  r = v then if k == 1 then tanh(V[k]) * r else V[2 - k] - r / (1 + k) for k < 3\n  return r\n}\n",
  // Examples stop at different rounds.
  stopped:
    "fn stopped(v: [n], w: [n]): [n] {\n  r = v then 0.25 * r + w for 4 until max(abs(r' - r)) < 0.5\n  return r\n}\n",
  // Where they begin does not matter, and the derivative is that of the equation they solve.
  rested:
    "fn rested(v: [n], w: [n]): [n] {\n  r = v then 0.05 * tanh(r + v) + 0.5 * w for 12 until max(abs(r' - r)) < 1e-14 implicit\n  return r\n}\n",
  // Of two equations: what is written out for n of them takes long to compile.
  solved:
    'import { solve } from "std/linear"\n\nfn solved(v: [n], w: [n]): [n] {\n  M = [[2 + sin(mean(v)), 0.5], [cos(mean(w)), 3]]\n  s = solve(M, [mean(v), mean(w)])\n  return s[0] * v + s[1]\n}\n',
  applied:
    "fn halved(v: [n]): [n] { return 0.5 * v + tanh(v) }\nfn applied(f: fn([n]): [n], v: [n]): [n] { return f(f(v)) - v }\n",
  descended:
    "fn descended(v: [n], w: [n]): [n] {\n  e = sum(sin(v) * w) + 0.25 * sum(v * v)\n  return v - 0.5 * gradient(e, by = v)\n}\n",
  tilted: "tilted = [0.5, -0.75]\n",
  sized:
    "fn sized(v: [n]): real { return sum(v * v) / n }\nfn sized(A: [n, m]): [n] {\n  s[i] = A[i] @ A[i] / m\n  return s\n}\n",
  parted:
    "fn parted(v: [n], w: [n]): (a: [n], b: [n]) {\n  s = tanh(v - w)\n  return (s * v, w + s)\n}\nfn joined(v: [n], w: [n]): [n] {\n  a, b = parted(v, w)\n  return a + 0.5 * parted(b, v).b\n}\n",
  bent: "fn bent(v: [n], w: [n]): [n] {\n  e = sum(sin(v) * w) + 0.5 * sum(w * w)\n  a, b = gradient(e, by = (v, w))\n  return a - 0.25 * b\n}\n",
  // Places: by a table, by a formula, in rounds, and of numbers that rounds choose.
  tabled:
    "order = [1, 0, 1]\n\nfn tabled(v: [n]): [n] {\n  w = concat(v, [0.5, -1])\n  return v * (w[order] @ [1, -2, 0.5]) + w[[n, 0]] @ [0.25, 1]\n}\n",
  strided:
    "fn strided(v: [n]): [n] {\n  P[i < n] = (i * i + 1) mod n\n  T[i < n] = v[(2 * i + 1) mod n] * (i + 1)\n  return T + scatter(sin(v), at = P, size = n) + v[P] * P / n\n}\n",
  walked:
    "fn walked(v: [n], w: [n]): [n] {\n  k, s = (0, v) then ((2 * k + j + 1) mod n, s * cos(w[k'])) for j < 3\n  return s + w[k] * real(k)\n}\n",
  highest:
    "fn highest(v: [n], w: [n]): [n] {\n  m = 0 then if v[(m + j) mod n] > v[m] then (m + j) mod n else m for 1 <= j < 4\n  return w * v[m] + one_hot(m, n)\n}\n",
  // Complex numbers go on in rounds, beside real ones.
  orbit:
    "fn orbit(v: [n], w: [n]): [n] {\n  z = complex(tanh(v), sin(w)) then 0.5 * z * z + 0.25i * conj(z) for 3\n  return re(z) - im(z)\n}\n",
  coupled:
    "fn coupled(v: [n], w: [n]): [n] {\n  z, r = (complex(sin(v), tanh(w)), w) then (0.5 * exp(1i * r) * conj(z), tanh(r + (j + 1) * re(z'))) for j < 2\n  return r + im(z)\n}\n",
  spread:
    "fn spread(v: [n], w: [n]): (a: [n], b: [n], c: real) {\n  s = tanh(v - w)\n  return (s, cos(v) * w, mean(s))\n}\n",
  // Derivatives declared as they are.
  paired:
    "fn pair(v: [n], w: [n]): (a: [n], b: [n]) {\n  s = tanh(v)\n  return (s * w, sum(v) + w)\n  derivative(dv, dw) = ((1 - s * s) * w * dv + s * dw, sum(dv) + dw)\n}\nfn paired(v: [n], w: [n]): [n] {\n  a, b = pair(v, w)\n  return a + 0.25 * b\n}\n",
  gated:
    "fn gated(v: [n], w: [n]): [n] {\n  s = tanh(v)\n  return s * w\n  derivative(dv, dw) = (1 - s * s) * w * dv + s * dw\n}\n",
  times: "fn times(A: [n, m], v: [m]): [n] {\n  d = A @ dv\n  return A @ v\n  derivative(dA, dv) = dA @ v + d\n}\n",
  shifted:
    "fn shifted(v: [n], rate: real): [n] {\n  return concat(stack(rate * sum(v)), v)[:n]\n  derivative(dv, drate) = concat(stack(rate * sum(dv) + drate * sum(v)), dv)[:n]\n}\n",
  // Others: a surrogate, a straight-through estimator, none by an argument.
  spike:
    "fn spike(v: [n]): [n] {\n  return if v > 0 then 1 else 0\n  derivative(dv) = dv / square(1 + 10 * abs(v))\n}\n",
  rounded:
    "fn rounded(v: [n], step: real): [n] {\n  return round(v * step)\n  derivative(dv, _dstep) = if v > 0 then step * dv else 0\n}\n",
  // States are normalised with them, of zeros too: the norm has no derivative there, and where it is not taken none is due.
  unit: "fn unit(v: [n]): [n] { return v / sqrt(sum(v * v) + 0.25) }\n",
  versor: "fn versor(v: [n]): [n] { return v / max(sqrt(sum(v * v)), 0.5) }\n",
  // Singular, or beyond all numbers, in the branch that is not taken.
  logarithm: "fn logarithm(v: [n]): [n] { return if v > 0.125 then log(v) else v * v }\n",
  root: "fn root(v: [n]): [n] { return if v <= 0.125 then v else sqrt(v) }\n",
  quotient: "fn quotient(v: [n], w: [n]): [n] { return if abs(w) < 0.125 then v else v / w }\n",
  capped: "fn capped(v: [n]): [n] { return min(exp(1000 * v), 1.5) }\n",
  bounded: "fn bounded(v: [n]): [n] { return clamp(1 / v, -1.5, 1.5) }\n",
  floored: "fn floored(v: [n]): [n] { return log(max(v, 0.125)) }\n",
};

/** Functions, used cells without state and a complex state inside of random cells, and what they read of the cell or of what stands before it. */
export const innerFunctions: Readonly<Record<string, { readonly text: string; readonly reads: readonly string[] }>> = {
  layer: { text: "fn layer(v: [H]): [H] { return 0.5 * v + r * (U @ v) }", reads: ["U", "r"] },
  dense: { text: "use dense = Dense(H) with D ~ uniform(0.5)", reads: ["Dense"] },
  spun: { text: "fn spun(v: complex[H]): complex[H] { return v * conj(zeta) + 2i * v }", reads: ["zeta"] },
  wave: { text: "state wave: complex[H] = zeta\n  wave' = 0.5 * zeta * wave + r", reads: ["zeta", "r"] },
  piled: {
    text: "use pile[2] = Pile(H)\n  piled = r then pile[1 - layer_of](piled) for layer_of < 2\n  use many[3] = Dense(H)",
    reads: ["Pile", "Dense", "r"],
  },
  about: { text: "use around = Around(Pile, H)\n  about = around(r) + around.far.p'", reads: ["Pile", "Around", "r"] },
  twins: {
    text: "use first = Pile(H) with D ~ uniform(0.5)\n  use second = first\n  twins = first(r) - second(q) * first.p",
    reads: ["Pile", "q", "r"],
  },
  both: {
    text: "state both, beside: [H]\n  both', beside' = exchange(both, r)\n  fn exchange(v: [H], w: [H]): (a: [H], b: [H]) {\n    return (0.5 * tanh(v + U @ w), v)\n  }",
    reads: ["U", "r"],
  },
  pulled: { text: "up, down, level = spread(r, q)\n  pulled = up - level * down", reads: ["spread", "q", "r"] },
  slots: {
    text: "state slots[slot]: index(H)[H] = H - 1 - slot\n  slots'[slot] = slots[(slot + 1) mod H]",
    reads: [],
  },
  drawn: { text: "drawn = dropout(r, 0.3) + normal([H], q, 0.5)", reads: ["q", "r"] },
  kept: { text: "state kept: [H] = bernoulli([H], 0.6)\n  kept' = kept", reads: [] },
  weighed: { text: "fn weighed(v: [n]): [n] { return (1 + q @ r) * v }", reads: ["q", "r"] },
};
