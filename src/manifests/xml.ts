/** An element of an XML 1.0 document. The caller declares namespaces; names are written as they are. */
export type XmlElement = {
  readonly name: string
  readonly attributes: XmlAttributes
  /**
   * Child elements, and strings as character data. Where there is a string, the content is written without added
   * white space.
   */
  readonly children: readonly XmlNode[]
}

/** An element, several, character data, or elements as text. */
export type XmlNode = XmlElement | XmlLeaves | string | CheckedXml

/** Elements of one name without content, by their attributes: there may be tens of thousands. At least one. */
export type XmlLeaves = { readonly name: string; readonly each: Iterable<XmlAttributes> }

/** Elements as text that are written as they are: whoever gives them has checked that they are well-formed. */
export type CheckedXml = { readonly checked: string }

/** Attributes, written in their order; undefined ones are left out. */
export type XmlAttributes = Readonly<Record<string, string | number | bigint | undefined>>

export function element(name: string, attributes: XmlAttributes = {}, children: readonly XmlNode[] = []): XmlElement {
  return { name, attributes, children }
}

/** Writes a document in UTF-8. Equal values give equal text. */
export function writeXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${nodeText(root, '\n')}\n`
}

/** Writes an element to stand in a document, on one line. */
export function xmlText(node: XmlElement): string {
  return nodeText(node, '')
}

/**
 * Writes a node. `lineBreak` precedes a node on a line of its own; it is empty inside text, where white space
 * matters.
 */
function nodeText(node: XmlNode, lineBreak: string): string {
  if (typeof node === 'string') return escaped(node)
  if ('checked' in node) return lineBreak + node.checked
  if ('each' in node) return leavesText(node, lineBreak)
  const { name, attributes, children } = node
  let text = `${lineBreak}<${name}${attributesText(attributes)}`
  if (children.length === 0) return `${text}/>`
  text += '>'
  const isText = lineBreak === '' || children.some((child) => typeof child === 'string')
  const before = isText ? '' : `${lineBreak} `
  for (const child of children) text += nodeText(child, before)
  return `${text}${isText ? '' : lineBreak}</${name}>`
}

/** Elements that are joined at a time. */
const LEAVES_AT_ONCE = 256

function leavesText({ name, each }: XmlLeaves, lineBreak: string): string {
  const joined: string[] = []
  let leaves: string[] = []
  for (const attributes of each) {
    leaves.push(lineBreak, '<', name, attributesText(attributes), '/>')
    if (leaves.length < 5 * LEAVES_AT_ONCE) continue
    joined.push(leaves.join(''))
    leaves = []
  }
  return joined.join('') + leaves.join('')
}

function attributesText(attributes: XmlAttributes): string {
  let text = ''
  for (const attribute in attributes) {
    const value = attributes[attribute]
    if (value !== undefined) text += ` ${attribute}="${typeof value === 'string' ? escaped(value) : value}"`
  }
  return text
}

const SPECIAL = /[&<>"\p{Cc}\u2028\p{Cs}\uFFFE\uFFFF]/u
const EACH_SPECIAL = new RegExp(SPECIAL, 'gu')

/** Escapes text for attribute values between double quotes and for character data, XML 1.0 §2.4 and §3.3.3. */
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
  // Parsers treat some of these as spaces or line ends. No document can hold the other C0 controls, half a surrogate
  // pair or a non-character, even as references, XML 1.0 §2.2 and §4.1.
  const canBeReferredTo = code >= 0x20 ? code < 0xd800 : code === 0x09 || code === 0x0a || code === 0x0d
  return canBeReferredTo ? `&#${code};` : '\uFFFD'
}
