import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DOMParser } from '@xmldom/xmldom'
import fc from 'fast-check'
import { element, writeXml } from './xml.ts'

/** A document's root, as a foreign parser reads it; throws on anything that is not well-formed. */
function parse(text: string) {
  const complain = (level: string, message: string) => {
    throw new Error(`${level}: ${message}`)
  }
  return new DOMParser({ errorHandler: complain }).parseFromString(text, 'text/xml').documentElement
}

describe('an XML document', () => {
  it('has its elements on lines of their own, and its attributes in their order', () => {
    const root = element('MPD', { xmlns: 'urn:x', id: 0, none: undefined, large: 17_900_000_000_000_001n }, [
      element('Period', { start: '' }, [element('S', { t: 2 ** 53, d: 180_180 }), element('S')]),
      element('Empty'),
    ])
    assert.equal(
      writeXml(root),
      `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:x" id="0" large="17900000000000001">
 <Period start="">
  <S t="9007199254740992" d="180180"/>
  <S/>
 </Period>
 <Empty/>
</MPD>
`,
    )
  })

  it('adds no white space to text, however deep', () => {
    const root = element('p', {}, ['a ', element('span', {}, [element('br'), element('br')]), ' b', element('i')])
    assert.equal(writeXml(element('tt', {}, [root])).split('\n')[2], ' <p>a <span><br/><br/></span> b<i/></p>')
  })

  it('can be read back whatever its strings hold', () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('&', '<', '>', '"', "'", ']]>', '\r', '\n', '\t', 'é', '😀', '\u0085', '\u2028'),
      }),
    )
    fc.assert(
      fc.property(unit, (value) => {
        const root = parse(writeXml(element('a', { value }, [element('b', {}, [value])])))
        const kept = value.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
        assert.equal(root.getAttribute('value'), kept)
        assert.equal(root.textContent?.trim(), kept.trim())
      }),
      { seed: 20260805 },
    )
  })

  it('holds no character that XML 1.0 forbids', () => {
    const text = writeXml(element('a', { value: '\0\u0001\v\f\u001f\ud800x\udc00\ufffe\uffff\u007f' }))
    assert.match(text, /"\uFFFD{6}x\uFFFD{3}&#127;"/)
  })
})
