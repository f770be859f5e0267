import { element, type XmlElement } from './xml.ts'

/** An element of a document that was read, with its names resolved (Namespaces in XML 1.0). */
export type ReadElement = {
  /** URI of its namespace; empty when it has none. */
  readonly namespace: string
  readonly name: string
  readonly attributes: readonly ReadAttribute[]
  /** Child elements, and strings as character data. */
  readonly children: readonly (ReadElement | string)[]
}

export type ReadAttribute = { readonly namespace: string; readonly name: string; readonly value: string }

/** The elements at the end of a path of names, all of one namespace, such as a list and its items. */
export function elementsIn(node: ReadElement, namespace: string, ...path: readonly string[]): readonly ReadElement[] {
  return path.reduce<readonly ReadElement[]>(
    (nodes, name) => nodes.flatMap(({ children }) => children.filter((child) => isNamed(child, namespace, name))),
    [node],
  )
}

function isNamed(child: ReadElement | string, namespace: string, name: string): child is ReadElement {
  return typeof child !== 'string' && child.name === name && child.namespace === namespace
}

/** An attribute without a namespace. */
export function attributeOf({ attributes }: ReadElement, name: string): string | undefined {
  return attributes.find((attribute) => attribute.name === name && attribute.namespace === '')?.value
}

/** The character data of an element itself. */
export function textOf({ children }: ReadElement): string {
  return children.filter((child) => typeof child === 'string').join('')
}

/** The element to be written: it declares each namespace where it is first used, so that it can stand anywhere. */
export function elementOf(node: ReadElement, inherited?: string): XmlElement {
  const { namespace, name, attributes, children } = node
  const written: Record<string, string> = namespace === inherited ? {} : { xmlns: namespace }
  for (const [n, attribute] of attributes.entries()) {
    // The prefix xml is declared everywhere, Namespaces in XML 1.0 §3.
    const prefix = attribute.namespace === XML ? 'xml' : `a${n}`
    if (attribute.namespace === '') written[attribute.name] = attribute.value
    else {
      if (attribute.namespace !== XML) written[`xmlns:${prefix}`] = attribute.namespace
      written[`${prefix}:${attribute.name}`] = attribute.value
    }
  }
  return element(
    name,
    written,
    children.map((child) => (typeof child === 'string' ? child : elementOf(child, namespace))),
  )
}

const XML = 'http://www.w3.org/XML/1998/namespace'
