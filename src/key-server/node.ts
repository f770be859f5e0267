import type { ReadElement } from '../manifests/xml-tree.ts'

/** An element with attributes of no namespace. */
export function node(
  namespace: string,
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly (ReadElement | string)[] = [],
): ReadElement {
  const given = Object.entries(attributes).map(([attribute, value]) => ({ namespace: '', name: attribute, value }))
  return { namespace, name, attributes: given, children }
}
