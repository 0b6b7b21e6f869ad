/** Letters of a word, with capitals at the start of each part or throughout, and up to three digits at its end. */
const WORD = /^(?:[A-Z]?[a-z]+(?:[A-Z][a-z]+)*|[A-Z]+)?\d{0,3}$/;

/** Parts of this length and below are not examined further: `jwks` and `graphiql` are names too. */
const SHORT = 8;
/** `internationalized` is longer; no name of the configuration is. */
const LONG = 16;

/** Pairs of letters that hardly occur within English words. A fifth of all pairs: random text soon has one. */
const RARE_PAIRS: ReadonlySet<string> = new Set(
  `bk bq bx cb cf cg cj cp cv cw cx dx fb fk fq fv fx fz gq gv gx gz hj hk hv hx hz iy jb jc jd jf jg jh jj jk jl jm jn jp
  jq jr js jt jv jw jx jy jz kq kv kx kz lq lx mg mj mq mx mz pq pv px qb qc qd qe qf qg qh qj qk ql qm qn qo qp qq qr qs qt
  qv qw qx qy qz sx sz tq tx vb vc vd vf vg vh vj vk vm vn vp vq vt vw vx vz wj wq wv wx wz xb xd xg xj xk xn xr xv xz yq yv
  yz zb zc zd zf zg zh zj zk zm zn zq zr zs zv zx`.split(/\s+/),
);

/**
 * Whether a text looks like a name that people give to a field, and not like a key, a token or a password: it is made of
 * words and has few digits. A password of ordinary words cannot be told from a name.
 */
export function isPlausibleName(text: string): boolean {
  if (!text.split(/[^A-Za-z\d]+/).every((word) => WORD.test(word))) return false;
  const parts = text.match(/[A-Z]?[a-z]+|[A-Z]+/g) ?? [];
  const letters = parts.reduce((sum, part) => sum + part.length, 0);
  if (parts.length > 3 && letters < 3 * parts.length) return false;
  return parts.every((part) => part.length <= SHORT || (part.length <= LONG && !hasRarePair(part.toLowerCase())));
}

function hasRarePair(part: string): boolean {
  return Array.from(part, (letter, index) => letter + part.charAt(index + 1)).some((pair) => RARE_PAIRS.has(pair));
}
