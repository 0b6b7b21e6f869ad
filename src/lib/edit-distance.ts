/**
 * Counts the characters to remove, add or change to turn one word into the other (Levenshtein distance).
 *
 * @param limit a larger distance is not computed to its end: the result is then `limit + 1`
 */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const previous = row;
    let smallest = i;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const distance = Math.min(changed, (previous[j] as number) + 1, (row[j - 1] as number) + 1);
      row.push(distance);
      if (distance < smallest) smallest = distance;
    }
    if (smallest > limit) return limit + 1;
  }
  return Math.min(row.at(-1) as number, limit + 1);
}
