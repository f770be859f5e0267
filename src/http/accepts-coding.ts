/** True when a client accepts a content coding under one of its names, RFC 9110 §12.5.3. */
export function acceptsCoding(acceptEncoding: string | undefined, names: readonly string[]): boolean {
  if (acceptEncoding === undefined) return false
  let wildcard = false
  for (const item of acceptEncoding.split(',')) {
    const [coding = '', ...parameters] = item.toLowerCase().split(';')
    const isRefused = parameters.some((parameter) => /^\s*q\s*=\s*0(\.0*)?\s*$/.test(parameter))
    const name = coding.trim()
    if (names.includes(name)) return !isRefused
    if (name === '*') wildcard = !isRefused
  }
  return wildcard
}
