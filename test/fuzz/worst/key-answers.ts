import { readXml } from '../../../src/keys/xml-reader.ts'
import type { WorstInput } from './judge.ts'

const MOST_ANSWER = 1024 * 1024

/** Inputs of which a unit is repeated between a beginning and an end. */
const UNITS: readonly (readonly [name: string, unit: string, before?: string, after?: string])[] = [
  ['references in text', '&amp;'],
  ['references in an attribute', '&#x41;', '<a b="', '"/></a>'],
  ['empty comments', '<!---->'],
  ['empty CDATA sections', '<![CDATA[]]>'],
  ['elements', '<b c="d"/>'],
  ['attributes', ' b=""', '<a'],
  ['unended tags', '<'],
  ['processing instructions', '<?a?>'],
]

/** Answers of key servers. */
export const KEY_ANSWERS: readonly WorstInput[] = UNITS.map(([name, unit, before = '<a>', after = '</a>']) => ({
  name,
  reader: 'key answer',
  most: MOST_ANSWER,
  prepare(size) {
    const bytes = Buffer.alloc(size, unit)
    bytes.write(before, 'latin1')
    bytes.write(after, size - after.length, 'latin1')
    return () => readXml(bytes)
  },
}))
