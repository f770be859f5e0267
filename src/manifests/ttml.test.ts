import assert from 'node:assert/strict'
import { run } from '../../test/judges/processes.ts'
import { needing } from '../../test/programs.ts'
import { type Paragraph, writeTtml } from './ttml.ts'
import { regionOf } from './ttml-region.ts'

const { describe, it } = needing('python3')

const SECOND = 90_000

const paragraph = (text: string, settings = ''): Paragraph => ({ begin: SECOND, end: 2 * SECOND, settings, text })

/** The tags, attributes and texts that Python's parser finds, in order. */
async function parsed(document: string): Promise<[string, Record<string, string>, string][]> {
  const program = `
import sys, json, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
print(json.dumps([[each.tag, each.attrib, "".join(each.itertext())] for each in root.iter()]))`
  return JSON.parse(String(await run('python3', ['-c', program], [Buffer.from(document)])))
}

describe('writeTtml', () => {
  it('writes cues as an IMSC1 document', () => {
    const paragraphs = [
      {
        begin: 95_441.9 * SECOND,
        end: 95_443 * SECOND,
        settings: '',
        text: '<v Ann>Fish &amp; <i>chips</i>\n<c.yellow.bg_blue>twice</c>',
      },
      { begin: 95_443 * SECOND, end: 95_443.5 * SECOND, settings: 'line:0 align:start', text: 'Top <b></b>' },
    ]
    assert.equal(
      writeTtml({ profile: 'imsc1', language: 'en-GB', paragraphs }),
      `<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:tts="http://www.w3.org/ns/ttml#styling" ttp:profile="http://www.w3.org/ns/ttml/profile/imsc1/text" xml:lang="en-GB">
 <head>
  <styling>
   <style xml:id="font" tts:fontFamily="proportionalSansSerif" tts:fontSize="80%" tts:color="white"/>
   <style xml:id="cue" tts:backgroundColor="#000000cc"/>
  </styling>
  <layout>
   <region xml:id="bottom-center-1-9" tts:origin="10% 65%" tts:extent="80% 30%" tts:displayAlign="after" tts:textAlign="center"/>
   <region xml:id="top-start-1-9" tts:origin="10% 5%" tts:extent="80% 30%" tts:displayAlign="before" tts:textAlign="start"/>
  </layout>
 </head>
 <body style="font">
  <div>
   <p region="bottom-center-1-9" begin="26:30:41.900" end="26:30:43.000"><span style="cue">Fish &amp; <span tts:fontStyle="italic">chips</span><br/><span tts:color="yellow" tts:backgroundColor="blue">twice</span></span></p>
   <p region="top-start-1-9" begin="26:30:43.000" end="26:30:43.500"><span style="cue">Top <span tts:fontWeight="bold"></span></span></p>
  </div>
 </body>
</tt>
`,
    )
  })

  it('writes an interval without cues as a document without paragraphs', () => {
    assert.equal(
      writeTtml({ profile: 'dfxp', paragraphs: [] }),
      `<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:tts="http://www.w3.org/ns/ttml#styling" ttp:profile="http://www.w3.org/ns/ttml/profile/dfxp-presentation" xml:lang="und">
 <body/>
</tt>
`,
    )
  })

  it('is well-formed whatever the cue says, and says the same in a foreign parser', async () => {
    const texts = [
      'a < b',
      '</c>&&amp;]]>',
      '\u0001<i>"',
      '<lang "x">&#xD800;',
      '<ruby>字<rt>ji</rt></ruby>',
      '<u>é\u{1F600}',
      '<c.constructor>x',
    ]
    const found = await parsed(writeTtml({ profile: 'imsc1', paragraphs: texts.map((text) => paragraph(text)) }))
    assert.deepEqual(
      found.filter(([tag]) => tag.endsWith('}p')).map(([, , text]) => text),
      ['a ', '&&]]>', '\ufffd"', '\ufffd', '字(ji)', 'é\u{1F600}', 'x'],
    )
  })
})

describe('regionOf', () => {
  it('keeps the row, the edge and the width', () => {
    const cases = {
      '': 'bottom-center-1-9',
      'line:-1': 'bottom-center-1-9',
      'line:50%': 'middle-center-1-9',
      'line:0': 'top-center-1-9',
      'line:100%': 'bottom-center-1-9',
      'align:left position:20% size:35%': 'bottom-left-2-6',
      'align:end position:90% size:40%': 'bottom-end-5-9',
      'position:30% size:80%': 'bottom-center-1-6',
      'align:start position:100%': 'bottom-start-1-9',
    }
    for (const [settings, id] of Object.entries(cases)) assert.equal(regionOf(settings).id, id, settings)
  })
})
