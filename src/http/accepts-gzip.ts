/** True when a client accepts gzip, RFC 9110 §12.5.3. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false
  let wildcard = false
  for (const item of acceptEncoding.split(',')) {
    const [coding = '', ...parameters] = item.toLowerCase().split(';')
    const isRefused = parameters.some((parameter) => /^\s*q\s*=\s*0(\.0*)?\s*$/.test(parameter))
    const name = coding.trim()
    if (name === 'gzip' || name === 'x-gzip') return !isRefused
    if (name === '*') wildcard = !isRefused
  }
  return wildcard
}
