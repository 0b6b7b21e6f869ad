/** Whether text keeps to its line of a string to sign, and can be percent-encoded. */
export function isOneLine(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text);
}
