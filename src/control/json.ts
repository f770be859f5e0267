import { ApiError } from './api-error.ts'

/** Parses a request body, RFC 8259. Throws ApiError (422) with line and column of the first error. */
export function parseJson(body: Uint8Array): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw new ApiError('UnprocessableEntityException', 'request body: is not UTF-8')
  }
  try {
    return JSON.parse(text)
  } catch {
    const offset = syntaxErrorOffset(text)
    const lines = text.slice(0, offset).split('\n')
    const at = `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`
    const found = offset < text.length ? `unexpected ${JSON.stringify(text[offset])}` : 'unexpected end'
    throw new ApiError('UnprocessableEntityException', `request body: is not JSON: ${found} at ${at}`)
  }
}

const TOKEN =
  /([{}[\],:])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** Offset of the first token that JSON does not allow at its place, which V8 reports for some errors only. */
function syntaxErrorOffset(text: string): number {
  const open: string[] = []
  // The tokens allowed next: a value (v), a key (k), or one of the marks themselves.
  let allowed = 'v'
  for (let at = 0; ; at = TOKEN.lastIndex) {
    while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++
    TOKEN.lastIndex = at
    const [token, mark, string] = TOKEN.exec(text) ?? []
    if (token === undefined) return at
    const key = string !== undefined && allowed.includes('k')
    if (!allowed.includes(mark === undefined ? (key ? 'k' : 'v') : opens(mark) ? 'v' : mark)) return at
    if (mark === '}' || mark === ']') open.pop()
    if (opens(mark)) open.push(mark)
    const inObject = open.at(-1) === '{'
    if (mark === '{') allowed = 'k}'
    else if (mark === '[') allowed = 'v]'
    else if (mark === ',') allowed = inObject ? 'k' : 'v'
    else if (mark === ':') allowed = 'v'
    else if (key) allowed = ':'
    else allowed = open.length === 0 ? '' : inObject ? ',}' : ',]'
  }
}

function opens(mark: string | undefined): mark is '{' | '[' {
  return mark === '{' || mark === '['
}
