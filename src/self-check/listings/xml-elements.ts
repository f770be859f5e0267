import { SaxesParser } from 'saxes'
import type { Steps } from '../../media/steps.ts'
import { UnreadableListing } from './listing.ts'

export type Attributes = Readonly<Record<string, string>>

/** What is done with the elements of a document, by their names. */
export type ElementReader = {
  begins(name: string, attributes: Attributes): void
  ends(name: string): void
}

/** Characters that are parsed in one step. */
const STEP = 64 * 1024

/** Tells of each element of an XML document, in its order. Throws UnreadableListing where it is not well-formed. */
export function* eachElement(text: string, { begins, ends }: ElementReader): Steps<void> {
  const parser = new SaxesParser()
  const refuse = (problem: string): never => {
    throw new UnreadableListing(problem)
  }
  parser.on('error', ({ message }) => refuse(`is not well-formed: ${message}`))
  parser.on('doctype', () => refuse('has a document type declaration'))
  parser.on('opentag', ({ name, attributes }) => begins(name, attributes))
  parser.on('closetag', ({ name }) => ends(name))
  for (let at = 0; at < text.length; at += STEP) {
    parser.write(text.slice(at, at + STEP))
    yield
  }
  parser.close()
}

/** A whole number of an attribute, or what stands for it. Throws UnreadableListing. */
export function wholeNumber(attributes: Attributes, name: string, absent: number): number {
  const text = attributes[name]
  if (text === undefined) return absent
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new UnreadableListing(`has ${name}="${text.slice(0, 40)}"`)
  return value
}
