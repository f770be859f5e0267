/**
 * Names and values of a query, decoded, in their order. `+` is a plus: whoever signs requests writes spaces as %20.
 * Throws URIError where an escape is malformed.
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
