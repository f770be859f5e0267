/** A piece of cue text, W3C WebVTT §6.4. */
export type CueNode = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'line break' } | CueSpan

export type CueSpan = {
  readonly kind: SpanKind
  /** The names after the tag's own, separated by dots. */
  readonly classes: readonly string[]
  /** The speaker of `v`, or the language of `lang`; otherwise empty. */
  readonly annotation: string
  readonly children: readonly CueNode[]
}

export type SpanKind = (typeof SPAN_KINDS)[number]
const SPAN_KINDS = ['b', 'i', 'u', 'c', 'v', 'lang', 'ruby', 'rt'] as const

/** Deeper nesting is ignored. */
const MAX_DEPTH = 16

/** Character references in cue text: `&name;`, `&#n;` and `&#xn;`. */
const REFERENCE = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z]{2,8}));/g
/** The character references of W3C WebVTT §4.2.2, and others that encoders write. */
const NAMED = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', '\u00a0'],
  ['lrm', '\u200e'],
  ['rlm', '\u200f'],
])

/** The text of a cue without its tags. */
export function plainText(nodes: readonly CueNode[]): string {
  return nodes
    .map((node) => {
      if (node.kind === 'text') return node.text
      return node.kind === 'line break' ? '\n' : plainText(node.children)
    })
    .join('')
}

type OpenSpan = CueSpan & { readonly children: CueNode[] }

/**
 * Parses cue text to a tree. Unknown tags and timestamps inside the text are dropped; their contents stay. A tag that
 * is never closed ends with the text.
 */
export function parseCueText(text: string): readonly CueNode[] {
  const root: CueNode[] = []
  const open: OpenSpan[] = []
  const append = (node: CueNode) => (open.at(-1)?.children ?? root).push(node)
  // A `<` without `>` opens a tag that extends to the end.
  for (const [, tag, plain] of text.matchAll(/<([^>]*)>?|([^<]+)/g)) {
    if (plain !== undefined) appendText(plain, append)
    else if (tag!.startsWith('/')) close(open, tag!.slice(1).trim())
    else {
      const span = spanOf(tag!)
      if (!span || open.length === MAX_DEPTH) continue
      append(span)
      open.push(span)
    }
  }
  return root
}

function appendText(text: string, append: (node: CueNode) => void): void {
  for (const [i, line] of text.split('\n').entries()) {
    if (i > 0) append({ kind: 'line break' })
    if (line !== '') append({ kind: 'text', text: decodeReferences(line) })
  }
}

/** Closes the innermost span of this name and those within it; does nothing when none is open. */
function close(open: OpenSpan[], name: string): void {
  const at = open.findLastIndex(({ kind }) => kind === name)
  if (at >= 0) open.length = at
}

function spanOf(tag: string): OpenSpan | undefined {
  const [, name, classes, annotation] = /^([^\s.]*)([^\s]*)\s*([\s\S]*)$/.exec(tag)!
  const kind = SPAN_KINDS.find((each) => each === name)
  if (kind === undefined) return undefined
  return {
    kind,
    classes: classes!.split('.').filter((each) => each !== ''),
    annotation: kind === 'v' || kind === 'lang' ? decodeReferences(annotation!.trim()) : '',
    children: [],
  }
}

function decodeReferences(text: string): string {
  return text.replace(REFERENCE, (reference, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return NAMED.get(name) ?? reference
    const point = decimal === undefined ? Number.parseInt(hexadecimal!, 16) : Number(decimal)
    return point === 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)
      ? '\ufffd'
      : String.fromCodePoint(point)
  })
}
