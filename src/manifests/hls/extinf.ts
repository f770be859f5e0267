/** `<seconds>,[<title>]`, RFC 8216 §4.3.2.1. */
const USUAL = /^(\d{1,9}(?:\.\d{0,20})?),/
/** A decimal comma, which the comma behind the number shows. */
const DECIMAL_COMMA = /^["']?\+?(\d{1,9}),(\d{1,20})["']?\s*,/
const LOOSE =
  /^["']?\s*\+?((?:\d{1,9}(?:\.\d{0,20})?|\.\d{1,20})(?:e[+-]?\d{1,2})?)\s*(?:s|sec|seconds)?["']?\s*(?:,|;|\s|$)/i

const MOST_SECONDS = 1e9

/**
 * Reads the duration of an EXTINF, in seconds; `isUsual` is false where it is not written as it should be, and read as
 * what it can only mean. Undefined where it cannot be read.
 */
export function readExtinf(value: string): { readonly seconds: number | undefined; readonly isUsual: boolean } {
  const usual = USUAL.exec(value)
  const comma = usual?.[0].length === value.length ? undefined : DECIMAL_COMMA.exec(value)
  if (comma) return { seconds: Number(`${comma[1]}.${comma[2]}`), isUsual: false }
  if (usual) return { seconds: Number(usual[1]), isUsual: true }
  const seconds = Number(LOOSE.exec(value)?.[1] ?? Number.NaN)
  return { seconds: seconds < MOST_SECONDS ? seconds : undefined, isUsual: false }
}
