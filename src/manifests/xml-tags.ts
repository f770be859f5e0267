/** A start tag or an end tag of an XML document; an empty element is both, one after the other. */
export type XmlTag = {
  readonly name: string
  readonly isEnd: boolean
  readonly attributes: ReadonlyMap<string, string>
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map()

/**
 * The tags of a document in their order, as far as they are written as `writeXml` writes them: attribute values between
 * double quotes, no comments and no CDATA sections that hold tags.
 */
export function* xmlTags(text: string): Generator<XmlTag> {
  for (let at = text.indexOf('<'); at >= 0; ) {
    const end = text.indexOf('>', at)
    if (end < 0) return
    const inner = text.slice(at + 1, end)
    at = text.indexOf('<', end)
    if (inner.startsWith('?') || inner.startsWith('!')) continue
    if (inner.startsWith('/')) {
      yield { name: inner.slice(1).trim(), isEnd: true, attributes: NO_ATTRIBUTES }
      continue
    }
    const isEmpty = inner.endsWith('/')
    const parts = (isEmpty ? inner.slice(0, -1) : inner).split('"')
    const [first = ''] = parts
    const space = first.search(/\s/)
    const name = space < 0 ? first : first.slice(0, space)
    const attributes = new Map<string, string>()
    for (let i = 0; i + 1 < parts.length; i += 2) {
      const key = (i === 0 ? first.slice(name.length) : parts[i]!).trim()
      if (key.endsWith('=')) attributes.set(key.slice(0, -1), unescaped(parts[i + 1]!))
    }
    yield { name, isEnd: false, attributes }
    if (isEmpty) yield { name, isEnd: true, attributes: NO_ATTRIBUTES }
  }
}

function unescaped(value: string): string {
  return value.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]!)
}
