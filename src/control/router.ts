import type { Operation } from './operation.ts'

export type Route = { readonly operation: Operation; readonly labels: Readonly<Record<string, string>> }

/** The operations at a path, by HTTP method. */
export function routesAt(operations: readonly Operation[], path: string): ReadonlyMap<string, Route> {
  const segments = path.slice(1).split('/')
  const routes = new Map<string, Route>()
  for (const operation of operations) {
    const labels = match(operation, segments)
    if (labels) routes.set(operation.method, { operation, labels })
  }
  return routes
}

/**
 * Matches a path against an operation's. Segments are split before they are decoded, since a tag's ARN contains
 * slashes as %2F.
 */
function match(operation: Operation, segments: readonly string[]): Record<string, string> | undefined {
  const { length } = operation.segments
  const last = operation.segments[length - 1]
  const takesRest = typeof last === 'object' && last.isRest === true
  if (segments.length < length || (segments.length > length && !takesRest)) return undefined
  const labels: Record<string, string> = {}
  for (const [n, expected] of operation.segments.entries()) {
    const segment = segments[n] ?? ''
    if (typeof expected === 'string') {
      if (segment !== expected) return undefined
    } else {
      const value = expected.isRest ? decodedRest(segments.slice(n)) : decoded(segment)
      if (!value) return undefined
      labels[expected.label] = value
    }
  }
  return labels
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** Segments as one value; undefined where one has a slash of its own, which would make another path of them. */
function decodedRest(segments: readonly string[]): string | undefined {
  const values = segments.map(decoded)
  return values.every((value) => value && !value.includes('/')) ? values.join('/') : undefined
}
