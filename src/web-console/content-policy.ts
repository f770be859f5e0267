/**
 * The Content-Security-Policy of the console, CSP 3: scripts, styles and fonts of this server alone, none of them in
 * the page itself. Players fetch media from `playback`, and finished assets may be in buckets.
 */
export function contentPolicy({
  playback,
  buckets,
}: {
  /** Origins, such as `https://live.example.com`. */
  readonly playback: readonly string[]
  /** Sources of CSP, such as `https://*.s3.eu-west-1.amazonaws.com`. */
  readonly buckets: readonly string[]
}): string {
  const others = [...new Set([...playback, ...buckets])].filter(isSource)
  const directives: Readonly<Record<string, readonly string[]>> = {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'font-src': ["'self'"],
    'worker-src': ["'self'"],
    'connect-src': ["'self'", ...others],
    // Media Source Extensions give players URLs of blobs; stills that were fetched with a signature have such as well.
    'media-src': ["'self'", 'blob:', ...others],
    'img-src': ["'self'", 'blob:', ...others],
    'manifest-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  }
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ')
}

/** CSP has no form for addresses of IPv6: browsers would leave these out, and complain. */
const isSource = (source: string): boolean => /^https?:\/\/(\*\.)?[\w.-]+(:\d+)?$/.test(source)
