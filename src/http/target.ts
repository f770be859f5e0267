import type { Target } from './handler.ts'

/** Splits a request target in origin form or absolute form, RFC 9112 §3.2; undefined when it is neither. */
export function parseTarget(url: string): Target | undefined {
  const local = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*\/?/i, '/')
  if (!local.startsWith('/')) return undefined
  const question = local.indexOf('?')
  if (question === -1) return { path: local, query: '' }
  return { path: local.slice(0, question), query: local.slice(question + 1) }
}
