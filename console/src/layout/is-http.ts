const FOLLOWED = ['http:', 'https:']

/** True for what may be followed: other schemes can be code. */
export function isHttp(url: string): boolean {
  return URL.canParse(url) && FOLLOWED.includes(new URL(url).protocol)
}
