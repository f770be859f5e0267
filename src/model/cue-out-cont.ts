/** True of an ad tag of a playlist that only says that a break goes on. */
export function isCueOutCont(line: string): boolean {
  return /^#EXT-X-CUE-OUT-CONT(?::|$)/i.test(line)
}
