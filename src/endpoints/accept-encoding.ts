const QVALUE = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * Selects the content coding that `Accept-Encoding` prefers (RFC 9110 §12.5.3).
 *
 * Without the header, and where it allows none of `available`, the answer is `identity`: RFC 9110 permits 406 there, but
 * a client can read the plain bytes and cannot use a 406.
 *
 * @param header the value of `Accept-Encoding`; null when the request has none
 * @param available codings in lower case; of equally preferred ones the first is selected, and `identity` last
 */
export function selectEncoding<Coding extends string>(
  header: string | null,
  available: readonly Coding[],
): Coding | 'identity' {
  if (header === null) return 'identity';
  const weights = parseWeights(header);
  const others = weights.get('*') ?? 0;
  let selected: Coding | 'identity' = 'identity';
  let highest = 0;
  for (const coding of [...available, 'identity' as const]) {
    const weight = weights.get(coding) ?? others;
    if (weight > highest) {
      selected = coding;
      highest = weight;
    }
  }
  return selected;
}

/** The weight of each listed coding; members with an invalid weight are ignored. */
function parseWeights(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const member of header.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = member.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    if (QVALUE.test(weight)) weights.set(coding, Number(weight));
  }
  return weights;
}
