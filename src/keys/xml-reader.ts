import { type SaxesAttributeNS, SaxesParser } from 'saxes'
import type { ReadAttribute, ReadElement } from '../manifests/xml-tree.ts'
import type { Steps } from '../media/steps.ts'

/** Thrown for XML that is not well-formed or not allowed. The message continues a sentence about the document. */
export class MalformedXml extends Error {
  override readonly name = 'MalformedXml'
}

/** Of one document from outside. An answer of SPEKE has a few hundred elements, ten deep. */
const MOST = { bytes: 1 << 20, elements: 10_000, attributes: 30, depth: 32 }

/** Characters that are parsed in one step: some milliseconds of work. */
const STEP = 64 * 1024

const XMLNS = 'http://www.w3.org/2000/xmlns/'

type Building = Omit<ReadElement, 'children'> & { readonly children: (ReadElement | string)[] }

/**
 * Reads a document of at most 1 MiB in UTF-8. A document type declaration is refused, so that no entity is ever
 * expanded but the five of XML itself. `prefixes` are namespaces by prefixes that the document need not declare.
 * Throws MalformedXml.
 */
export function* readXml(bytes: Uint8Array, prefixes: Readonly<Record<string, string>> = {}): Steps<ReadElement> {
  if (bytes.length > MOST.bytes) throw new MalformedXml(`has ${bytes.length} bytes, more than ${MOST.bytes}`)
  const parser = new SaxesParser({ xmlns: true, additionalNamespaces: { ...prefixes }, defaultXMLVersion: '1.0' })
  const root: Building = { namespace: '', name: '', attributes: [], children: [] }
  const open = [root]
  let elements = 0
  let attributes = 0
  parser.on('error', ({ message }) => refuse(`is not well-formed XML (${problemIn(message)})`))
  parser.on('doctype', () => refuse('has a document type declaration (DOCTYPE)'))
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) refuse(`is in ${shortened(encoding)} instead of UTF-8`)
  })
  parser.on('opentagstart', () => {
    attributes = 0
    if (++elements > MOST.elements) refuse(`has more than ${MOST.elements} elements`)
    if (open.length > MOST.depth) refuse(`has elements more than ${MOST.depth} deep`)
  })
  parser.on('attribute', () => {
    if (++attributes > MOST.attributes) refuse(`has an element with more than ${MOST.attributes} attributes`)
  })
  parser.on('opentag', ({ uri, local, attributes: given }) => {
    const node: Building = { namespace: uri, name: local, attributes: attributesOf(given), children: [] }
    open.at(-1)!.children.push(node)
    open.push(node)
  })
  parser.on('closetag', () => open.pop())
  const keep = (text: string) => {
    if (open.length > 1) open.at(-1)!.children.push(text)
  }
  parser.on('text', keep)
  parser.on('cdata', keep)
  const text = decoded(bytes)
  for (let at = 0; at < text.length; at += STEP) {
    parser.write(text.slice(at, at + STEP))
    yield
  }
  parser.close()
  const [document] = root.children
  if (document === undefined || typeof document === 'string') return refuse('has no element')
  return document
}

function refuse(problem: string): never {
  throw new MalformedXml(problem)
}

function attributesOf(given: Readonly<Record<string, SaxesAttributeNS>>): readonly ReadAttribute[] {
  return Object.values(given)
    .filter(({ uri, name }) => uri !== XMLNS && name !== 'xmlns')
    .map(({ uri, local, value }) => ({ namespace: uri, name: local, value }))
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse('is not in UTF-8')
  }
}

/** What a parser says, `line:column: problem`, without what it quotes of the document, which may have keys. */
function problemIn(message: string): string {
  return message.split(':').slice(0, 3).join(':').replace(/\.$/, '')
}

function shortened(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, ' ').slice(0, 100)
}
