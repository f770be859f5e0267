import { acceptsCoding } from './accepts-coding.ts'

/** True when a client accepts gzip, RFC 9110 §12.5.3. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return acceptsCoding(acceptEncoding, ['gzip', 'x-gzip'])
}
