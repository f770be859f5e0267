/** The database's name and host, without user, password and parameters. */
export function placeOf(url: string): string {
  const parsed = URL.parse(url)
  return parsed ? `${parsed.pathname.slice(1)} at ${parsed.host || 'the local socket'}` : 'that is configured'
}
