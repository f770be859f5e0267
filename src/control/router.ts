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
  if (operation.segments.length !== segments.length) return undefined
  const labels: Record<string, string> = {}
  for (const [n, expected] of operation.segments.entries()) {
    const segment = segments[n] ?? ''
    if (typeof expected === 'string') {
      if (segment !== expected) return undefined
    } else {
      const value = decoded(segment)
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
