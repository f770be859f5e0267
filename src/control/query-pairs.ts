/**
 * Decodes the names and values of a query, in order. `+` means a plus, since signed requests encode spaces as %20.
 * Throws URIError for a malformed escape.
 */
export function queryPairs(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=')
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
      return [decodeURIComponent(name), decodeURIComponent(value)]
    })
}
