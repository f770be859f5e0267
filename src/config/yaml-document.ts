import { createRequire } from 'node:module'
import type { LineCounter } from 'yaml'

const require = createRequire(import.meta.url)

/** The parser, which is loaded with the first file: most servers have none. Settings are read synchronously. */
export const yamlParser = (): typeof import('yaml') => require('yaml')

/**
 * A YAML document whose values are the text that is written; no alias is followed. Undefined for what is nested, or has
 * anchors, as no file that people write for this program has: that would take the parser minutes.
 */
export function yamlDocument(text: string, lineCounter?: LineCounter) {
  if (/(?:(?:[[{]|[-?](?=[\s[{]))\s{0,9}){64}|(?:&\S{0,99}\s{1,9}){64}/.test(text)) return undefined
  // The parser makes an error of each wrong line. Its stack and the lines around it would take most of the time.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return yamlParser().parseDocument(text, {
      schema: 'failsafe',
      prettyErrors: false,
      ...(lineCounter && { lineCounter }),
    })
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
