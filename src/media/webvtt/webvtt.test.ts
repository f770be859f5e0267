import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { run } from '../../../test/fuzz/media-samples.ts'
import { cpuTimeOf } from '../../../test/judges/cpu-time.ts'
import { needing } from '../../../test/programs.ts'
import { MalformedMedia } from '../bytes.ts'
import { PTS_MODULUS, ticks } from '../time.ts'
import { parseCueSettings } from './cue-settings.ts'
import { parseCueText } from './cue-text.ts'
import type { WebVtt } from './document.ts'
import { WebVttProbe } from './probe.ts'
import { readWebVtt } from './reader.ts'
import { cuesBetween, cueTimes, joinWebVtt } from './timeline.ts'
import { writeWebVtt } from './writer.ts'

const withFfmpeg = needing('ffmpeg')

const SECOND = 90_000

const read = (text: string): WebVtt => readWebVtt(Buffer.from(text))

const SEGMENT = `\uFEFFWEBVTT - from an encoder\r
X-TIMESTAMP-MAP=LOCAL:00:00:10.500,MPEGTS:900000\r
\r
NOTE\r
nobody reads this\r
\r
STYLE\r
::cue(.loud) { color: red }\r
\r
REGION\r
id:fred width:40%\r
\r
first\r
00:10.500 --> 00:00:12.000 line:0 align:start\r
<v Ann>Hello &amp; <b>welcome</b>\r
to the show\r
\r
00:00:12.000-->01:00:13.250\r
Again\r
`

describe('readWebVtt', () => {
  it('reads what an encoder sends', () => {
    assert.deepEqual(read(SEGMENT), {
      map: { mpegts: 900_000, local: 10.5 * SECOND },
      regions: ['id:fred width:40%'],
      styles: ['::cue(.loud) { color: red }'],
      cues: [
        {
          id: 'first',
          start: 10.5 * SECOND,
          end: 12 * SECOND,
          settings: 'line:0 align:start',
          text: '<v Ann>Hello &amp; <b>welcome</b>\nto the show',
        },
        { start: 12 * SECOND, end: 3613.25 * SECOND, settings: '', text: 'Again' },
      ],
      malformed: 0,
    })
  })

  it('takes the map in either order, behind an empty line too, and LOCAL 0 is MPEGTS 0 without one', () => {
    const map = { mpegts: 8_589_934_591, local: 3_600_000 * 90 }
    for (const line of ['MPEGTS:8589934591,LOCAL:01:00:00.000', 'LOCAL:01:00:00.000,MPEGTS:8589934591']) {
      assert.deepEqual(read(`WEBVTT\nX-TIMESTAMP-MAP=${line}\n`).map, map)
      assert.deepEqual(read(`WEBVTT\n\nX-TIMESTAMP-MAP=${line}\n\n00:01.000 --> 00:02.000\nx`).map, map)
      const crowded = read(`WEBVTT\nX-TIMESTAMP-MAP=${line}\n00:01.000 --> 00:02.000\nx`)
      assert.deepEqual([crowded.map, crowded.cues.length], [map, 1])
    }
    assert.deepEqual(read('WEBVTT').map, { mpegts: 0, local: 0 })
  })

  const MAPS: [line: string, mpegts: number, local: number][] = [
    ['MPEGTS:-900000,LOCAL:00:00:00.000', PTS_MODULUS - 900_000, 0],
    [`MPEGTS:${-3 * PTS_MODULUS - 1},LOCAL:00:00:00.000`, PTS_MODULUS - 1, 0],
    [`MPEGTS:${5 * PTS_MODULUS + 7},LOCAL:00:00:00.000`, 7, 0],
    ['MPEGTS:18446744073709551615,LOCAL:00:00:00.000', PTS_MODULUS - 1, 0],
    ['LOCAL:00:00:01.000,MPEGTS:-1', PTS_MODULUS - 1, SECOND],
    ['MPEGTS:900000,LOCAL:00:01.000', 900_000, SECOND],
    ['MPEGTS: 900000, LOCAL: 00:00:01.000', 900_000, SECOND],
    ['MPEGTS:900000 , LOCAL:0:0:1.000 ', 900_000, SECOND],
    ['mpegts:900000,local:00:00:01', 900_000, SECOND],
    ['MPEGTS:900000,LOCAL:00:00:01,500', 900_000, 1.5 * SECOND],
    ['MPEGTS:900000', 900_000, 0],
    ['LOCAL:00:00:01.000', 0, SECOND],
  ]
  for (const [line, mpegts, local] of MAPS) {
    it(`reads a map modulo 2³³, however it is written: ${line}`, () => {
      const { map, cues, malformed } = read(`WEBVTT\nX-TIMESTAMP-MAP=${line}\n\n00:01.000 --> 00:02.000\nx`)
      assert.deepEqual([map, cues.length, malformed], [{ mpegts, local }, 1, 0])
    })
  }

  it('places cues of a negative map beside those of the same time', () => {
    const file = (mpegts: number) =>
      read(`WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${mpegts},LOCAL:00:00:00.000\n\n00:12.000 --> 00:13.000\nx`)
    const shown = (mpegts: number) => cuesBetween([file(mpegts)], ticks(0), ticks(10 * SECOND))
    assert.deepEqual(shown(-900_000), [{ start: 2 * SECOND, end: 3 * SECOND, settings: '', text: 'x' }])
    assert.deepEqual(shown(PTS_MODULUS - 900_000), shown(-900_000))
    assert.deepEqual(joinWebVtt([file(-900_000), file(PTS_MODULUS - 900_000)]).cues.length, 1)
  })

  it('skips and counts what is malformed', () => {
    const { cues, malformed, map } = read(`WEBVTT
X-TIMESTAMP-MAP=MPEGTS:x

00:01.000 --> 00:01.000
shown for no time

00:03.000 --> 00:02.000
backwards

00:01,000 --> 00:02,000
from SubRip

00:99.000 --> 01:00.000
no such second

00:01.000 --> 00:02.000
good
00:02.000 --> 00:03.000
no line between

STYLE
too late
`)
    assert.deepEqual(map, { mpegts: 0, local: 0 })
    assert.deepEqual(
      cues.map(({ text }) => text),
      ['good', 'no line between'],
    )
    assert.equal(malformed, 5)
  })

  it('reads a line once, whatever stands in it', () => {
    const text = `WEBVTT\n\n00:00.000 --> 00:01.000${' '.repeat(260_000)}\u2028\nHello`
    // A few milliseconds, or half a minute where each space has the rest of the line read again.
    const { result, cpuMs } = cpuTimeOf(() => read(text))
    assert.ok(cpuMs < 5000, `${cpuMs} ms`)
    const { cues } = result
    assert.deepEqual(
      cues.map(({ text }) => text),
      ['Hello'],
    )
  })

  it('refuses what is not WebVTT, or too much of it', () => {
    for (const text of ['', 'WEBVT', 'WEBVTTX', '1\n00:00:01,000 --> 00:00:02,000\nSubRip', ' WEBVTT']) {
      assert.throws(() => read(text), MalformedMedia, JSON.stringify(text))
    }
    assert.throws(() => read(`WEBVTT\n\n${'00:01.000 --> 00:02.000\n'.repeat(5001)}`), /more than 5000 cues/)
    assert.throws(() => read(`WEBVTT\n\n${'x'.repeat(256 * 1024)}`), /bytes/)
  })
})

describe('WebVttProbe', () => {
  const probe = (bytes: Uint8Array, size: number) => {
    const found = new WebVttProbe()
    for (let at = 0; at < bytes.length; at += size) found.push(bytes.subarray(at, at + size))
    return found.end()
  }

  it('notes a timestamp map that is not written as it should be', () => {
    const habitsOf = (header: string) => {
      const found = new WebVttProbe()
      found.push(Buffer.from(`WEBVTT\n${header}\n\n`))
      found.end()
      return found.habits
    }
    const usual = ['MPEGTS:900000,LOCAL:00:00:00.000', 'LOCAL:00:00.000,MPEGTS:0'].map(
      (map) => `X-TIMESTAMP-MAP=${map}`,
    )
    for (const line of ['', 'NOTE x', ...usual]) assert.deepEqual(habitsOf(line), [], line)
    for (const map of [
      'MPEGTS:-1,LOCAL:00:00:00.000',
      'MPEGTS:8589934592,LOCAL:00:00:00.000',
      'MPEGTS:1',
      'LOCAL:00:90:00.000,MPEGTS:1',
      'x',
    ]) {
      const example = `X-TIMESTAMP-MAP=${map}`
      assert.deepEqual(habitsOf(example), [{ habit: 'timestamp-map-odd', example }])
    }
  })

  it('refuses what its reader would', () => {
    assert.throws(() => probe(Buffer.from(`WEBVTT\n\n${'x'.repeat(256 * 1024)}`), 65_536), /bytes/)
  })

  it('knows a segment by its first line, however the chunks are cut', () => {
    for (const size of [1, 3, 10, 1000]) {
      for (const text of [SEGMENT, 'WEBVTT', 'WEBVTT\n', '\uFEFFWEBVTT\tx']) {
        assert.deepEqual(probe(Buffer.from(text), size).tracks, [{ kind: 'text', pid: 0, codec: 'wvtt' }])
      }
      for (const text of ['', '<html>', 'WEBVTTS', '\uFEFF\uFEFFWEBVTT']) {
        assert.throws(() => probe(Buffer.from(text), size), MalformedMedia)
      }
    }
  })
})

describe('cueTimes', () => {
  const cue = { start: 20 * SECOND, end: 22 * SECOND, settings: '', text: '' }

  it('places a cue on the unwrapped timeline', () => {
    const map = { mpegts: 900_000, local: 5 * SECOND }
    assert.deepEqual(cueTimes(map, cue, ticks(0)), { start: 25 * SECOND, end: 27 * SECOND })
    const near = ticks(3 * PTS_MODULUS + 30 * SECOND)
    assert.equal(cueTimes(map, cue, near).start, 3 * PTS_MODULUS + 25 * SECOND)
  })

  it('follows the clock across its wrap, and a file that has run for days on one map', () => {
    const map = { mpegts: PTS_MODULUS - 15 * SECOND, local: 0 }
    assert.equal(cueTimes(map, cue, ticks(PTS_MODULUS)).start, PTS_MODULUS + 5 * SECOND)
    const days = { ...cue, start: 300_000 * SECOND, end: 300_001 * SECOND }
    const near = ticks(300_010 * SECOND)
    assert.equal(cueTimes({ mpegts: 0, local: 0 }, days, near).start, 300_000 * SECOND)
  })
})

describe('cuesBetween', () => {
  it('cuts cues to the interval and shows each once, in order', () => {
    const near = 2 * PTS_MODULUS
    const segments = [
      '00:08.000 --> 00:09.000\nlater',
      '00:01.000 --> 00:07.000\nacross',
      '00:12.000 --> 00:13.000\nafter',
    ]
      .flatMap((cue, i, all) => [cue, all[(i + 1) % 3]!])
      .map((cue) => read(`WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n${cue}`))
    assert.deepEqual(cuesBetween(segments, ticks(near + 5 * SECOND), ticks(near + 12 * SECOND)), [
      { start: near + 5 * SECOND, end: near + 7 * SECOND, settings: '', text: 'across' },
      { start: near + 8 * SECOND, end: near + 9 * SECOND, settings: '', text: 'later' },
    ])
  })
})

describe('joinWebVtt and writeWebVtt', () => {
  const segments = [
    `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${PTS_MODULUS - 90_000},LOCAL:00:00:00.000\n\nSTYLE\na{}\n\n1\n00:01.000 --> 00:05.000\nacross\n`,
    `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:270000,LOCAL:00:00:04.000\n\nSTYLE\na{}\n\n1\n00:01.000 --> 00:05.000 line:0\nA &lt; B\n\n2\n00:06.500 --> 00:08.000\nlast`,
    `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:360000,LOCAL:00:00:00.000\n\n1\n00:01.500 --> 00:03.000\nlast`,
  ].map(read)

  it('puts all cues on the first clock, and writes none twice', () => {
    const { cues, map, styles } = joinWebVtt(segments)
    assert.deepEqual(map, { mpegts: PTS_MODULUS - 90_000, local: 0 })
    assert.deepEqual(styles, ['a{}'])
    assert.deepEqual(
      cues.map(({ start, end, text }) => [start / SECOND, end / SECOND, text]),
      [
        [1, 5, 'across'],
        [1, 5, 'A &lt; B'],
        [6.5, 8, 'last'],
      ],
    )
  })

  it('sets a clock forward that begins after a cue', () => {
    const late = read('WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n')
    const early = read('WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:810045,LOCAL:00:00:00.000\n\n00:00.500 --> 00:01.000\nx')
    const { cues, map } = joinWebVtt([late, early])
    assert.equal(cues[0]!.start >= 0, true)
    assert.equal(cueTimes(map, cues[0]!, ticks(0)).start, 855_045)
  })

  it('reads back what it wrote', () => {
    const document = read(SEGMENT)
    assert.deepEqual(readWebVtt(writeWebVtt(document)), document)
  })

  withFfmpeg.it('is read by ffmpeg with the same times and texts', async () => {
    // Version 5.1 stops at a STYLE block.
    const document = { ...joinWebVtt(segments), styles: [] }
    const fields = ['-show_entries', 'packet=pts,duration', '-show_data', '-of', 'json']
    const found = JSON.parse(
      String(await run('ffprobe', ['-v', 'error', '-f', 'webvtt', ...fields, 'pipe:0'], writeWebVtt(document))),
    )
    const packets: { pts: number; duration: number }[] = found.packets
    assert.deepEqual(
      packets.map(({ pts, duration }) => [pts * 90, duration * 90]),
      document.cues.map(({ start, end }) => [start, end - start]),
    )
    const text = String(
      await run(
        'ffmpeg',
        ['-v', 'error', '-f', 'webvtt', '-i', 'pipe:0', '-f', 'srt', 'pipe:1'],
        writeWebVtt(document),
      ),
    )
    assert.match(text, /00:00:06,500 --> 00:00:08,000\r?\nlast/)
    assert.match(text, /A < B/)
  })

  withFfmpeg.it('reads what ffmpeg writes', async () => {
    const subRip = '1\n00:00:01,000 --> 00:00:02,500\n<i>Grüße</i>\n\n2\n01:00:00,000 --> 01:00:01,000\nzwei\nZeilen\n'
    const written = await run(
      'ffmpeg',
      ['-v', 'error', '-f', 'srt', '-i', 'pipe:0', '-f', 'webvtt', 'pipe:1'],
      Buffer.from(subRip),
    )
    assert.deepEqual(
      readWebVtt(written).cues.map(({ start, end, text }) => [start / SECOND, end / SECOND, text]),
      [
        [1, 2.5, '<i>Grüße</i>'],
        [3600, 3601, 'zwei\nZeilen'],
      ],
    )
  })
})

describe('parseCueText', () => {
  const text = (text: string) => ({ kind: 'text', text })
  const span = (kind: string, children: unknown[], { classes = [] as string[], annotation = '' } = {}) => ({
    kind,
    classes,
    annotation,
    children,
  })

  it('builds the tree of tags', () => {
    const cases: [string, unknown[]][] = [
      ['plain\ntwo', [text('plain'), { kind: 'line break' }, text('two')]],
      ['<b>a<i>b</b>c', [span('b', [text('a'), span('i', [text('b')])]), text('c')]],
      ['<c.yellow.bg_blue>a</c>', [span('c', [text('a')], { classes: ['yellow', 'bg_blue'] })]],
      ['<v.loud Ann &amp; Bo>hi', [span('v', [text('hi')], { classes: ['loud'], annotation: 'Ann & Bo' })]],
      ['<lang fr-CA>oui</lang>', [span('lang', [text('oui')], { annotation: 'fr-CA' })]],
      ['<ruby>字<rt>ji</rt></ruby>', [span('ruby', [text('字'), span('rt', [text('ji')])])]],
      ['<00:00:01.000>a <font color=red>b</font>', [text('a '), text('b')]],
      ['a < b', [text('a ')]],
      ['</i>a<b', [text('a'), span('b', [])]],
      ['', []],
    ]
    for (const [source, expected] of cases) assert.deepEqual(parseCueText(source), expected, source)
  })

  it('decodes references, and leaves what is none', () => {
    const [found] = parseCueText('&lt;&amp;amp;&#65;&#x1F600;&#0;&#xD800;&nbsp;&bogus; &valueOf; & &lrm;')
    assert.deepEqual(found, text('<&amp;A\u{1F600}\ufffd\ufffd\u00a0&bogus; &valueOf; & \u200e'))
  })

  it('does not follow nesting without end', () => {
    let depth = 0
    let [node] = parseCueText('<b>'.repeat(100_000))
    for (; node && 'children' in node; [node] = node.children) depth++
    assert.equal(depth, 16)
  })
})

describe('parseCueSettings', () => {
  it('reads lines, positions and alignments', () => {
    assert.deepEqual(parseCueSettings(''), { align: 'center', position: 0.5, size: 1 })
    assert.deepEqual(parseCueSettings('line:0 position:10%,line-left align:left size:35%'), {
      align: 'left',
      line: 0,
      position: 0.1,
      size: 0.35,
    })
    assert.equal(parseCueSettings('line:-1').line, 1)
    assert.equal(parseCueSettings('line:7').line, 0.5)
    assert.equal(parseCueSettings('line:84.5%,end').line, 0.845)
    assert.deepEqual(parseCueSettings('align:end nonsense line:top position:400%'), {
      align: 'end',
      position: 1,
      size: 1,
    })
  })
})
