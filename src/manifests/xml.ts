/**
 * An element of an XML 1.0 document. The caller declares its namespaces; names are its own and are written as they are.
 */
export type XmlElement = {
  readonly name: string
  readonly attributes: XmlAttributes
  /** Strings are character data. Where there is one, all the element's content is written without a space of ours. */
  readonly children: readonly (XmlElement | string)[]
}

/** Written in their order; those that are undefined are left out. */
export type XmlAttributes = Readonly<Record<string, string | number | bigint | undefined>>

export function element(
  name: string,
  attributes: XmlAttributes = {},
  children: readonly (XmlElement | string)[] = [],
): XmlElement {
  return { name, attributes, children }
}

/** A document in UTF-8. Equal values become equal text. */
export function writeXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${nodeText(root, '\n')}\n`
}

/** `lineBreak` is what stands before a node of its own line: empty inside text, where white space means something. */
function nodeText(node: XmlElement | string, lineBreak: string): string {
  if (typeof node === 'string') return escaped(node)
  const { name, attributes, children } = node
  let text = `${lineBreak}<${name}`
  for (const attribute in attributes) {
    const value = attributes[attribute]
    if (value !== undefined) text += ` ${attribute}="${typeof value === 'string' ? escaped(value) : value}"`
  }
  if (children.length === 0) return `${text}/>`
  text += '>'
  const isText = lineBreak === '' || children.some((child) => typeof child === 'string')
  const before = isText ? '' : `${lineBreak} `
  for (const child of children) text += nodeText(child, before)
  return `${text}${isText ? '' : lineBreak}</${name}>`
}

const SPECIAL = /[&<>"\p{Cc}\u2028\p{Cs}\uFFFE\uFFFF]/u
const EACH_SPECIAL = new RegExp(SPECIAL, 'gu')

/** Fit for an attribute value between double quotes and for text alike, XML 1.0 §2.4 and §3.3.3. */
function escaped(text: string): string {
  return SPECIAL.test(text) ? text.replace(EACH_SPECIAL, escapedCharacter) : text
}

function escapedCharacter(character: string): string {
  switch (character) {
    case '&':
      return '&amp;'
    case '<':
      return '&lt;'
    case '>':
      return '&gt;'
    case '"':
      return '&quot;'
  }
  const code = character.charCodeAt(0)
  // Parsers take some of these for spaces or ends of lines. No document can hold the other C0 controls, half a
  // surrogate pair or a non-character, not even as references, XML 1.0 §2.2 and §4.1.
  const canBeReferredTo = code >= 0x20 ? code < 0xd800 : code === 0x09 || code === 0x0a || code === 0x0d
  return canBeReferredTo ? `&#${code};` : '\uFFFD'
}
