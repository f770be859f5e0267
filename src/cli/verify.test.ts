import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { verifyAsset } from './verify.ts'

const FRAGMENTED =
  '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI="v_1_init.mp4"\n#EXTINF:2,\nv_1_7.mp4\n#EXT-X-GAP\n#EXTINF:2,\ngone.mp4\n#EXT-X-ENDLIST\n'
const MPD = `<?xml version="1.0"?><MPD type="static"><Period><AdaptationSet>
<SegmentTemplate media="v_$RepresentationID$_$Number$.mp4" initialization="v_$RepresentationID$_init.mp4" startNumber="7">
<SegmentTimeline><S t="90" d="2" r="1"/></SegmentTimeline></SegmentTemplate>
<Representation id="1" bandwidth="5"/></AdaptationSet></Period></MPD>
`
const SMOOTH = `<?xml version="1.0"?><SmoothStreamingMedia>
<StreamIndex Type="audio" Url="QualityLevels({bitrate})/Fragments(audio={start time})">
<QualityLevel Bitrate="64000"/><c t="0" d="20" r="2"/></StreamIndex></SmoothStreamingMedia>
`

const FILES: Readonly<Record<string, string>> = {
  'index_1_1.ts': 'first',
  'index_1_2.ts': 'second',
  'index_1.m3u8':
    '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nindex_1_1.ts\n#EXTINF:2,\nindex_1_2.ts\n#EXT-X-ENDLIST\n',
  'movie.mp4': 'movie',
  'index-cmaf.m3u8': '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nindex_v.m3u8\n',
  'index_v.m3u8': FRAGMENTED,
  'v_1_init.mp4': 'header',
  'v_1_7.mp4': 'seventh',
  'v_1_8.mp4': 'eighth',
  'index.mpd': MPD,
  'a.ism/QualityLevels(64000)/Fragments(audio=0)': 'sound',
  'a.ism/QualityLevels(64000)/Fragments(audio=20)': 'more sound',
  'a.ism/Manifest': SMOOTH,
}
const PARENT = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nindex_1.m3u8\n'

const report = {
  harvestJob: 'goal',
  manifestKey: 'clips/goal/index.m3u8',
  objects: Object.entries(FILES).map(([name, text]) => ({
    key: `clips/goal/${name}`,
    size: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
  })),
}

const noBucket = () => assert.fail('it is in no bucket')

describe('verifying an asset', () => {
  let root: string
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'verify-'))
    await mkdir(join(root, 'whole', 'a.ism/QualityLevels(64000)'), { recursive: true })
    const all = { ...FILES, 'index.m3u8': PARENT, 'harvest.json': JSON.stringify(report) }
    for (const [name, text] of Object.entries(all)) await writeFile(join(root, 'whole', name), text)
  })
  after(() => rm(root, { recursive: true }))

  async function verify(where: string): Promise<{ readonly code: number; readonly problems: readonly string[] }> {
    let said = ''
    const code = await verifyAsset(
      where,
      {
        isTerminal: false,
        columns: 80,
        write: (text) => {
          said += text
        },
        now: () => 0,
        sleep: async () => {},
      },
      noBucket,
    )
    return { code, problems: JSON.parse(said).problems }
  }

  async function changed(change: (folder: string) => Promise<unknown>) {
    const folder = await mkdtemp(join(root, 'changed-'))
    await cp(join(root, 'whole'), folder, { recursive: true })
    await change(folder)
    return verify(folder)
  }

  it('finds nothing wrong with one that is whole, by its folder or its report', async () => {
    const good = { code: 0, problems: [] }
    assert.deepEqual(await verify(join(root, 'whole')), good)
    assert.deepEqual(await verify(`${join(root, 'whole')}/`), good)
    assert.deepEqual(await verify(join(root, 'whole', 'harvest.json')), good)
  })

  const cases: [string, (folder: string) => Promise<unknown>, RegExp][] = [
    ['an object that is missing', (at) => rm(join(at, 'movie.mp4')), /movie\.mp4 is missing/],
    ['one that is cut off', (at) => writeFile(join(at, 'movie.mp4'), 'mov'), /has 3 bytes instead of 5/],
    ['one that goes on', (at) => writeFile(join(at, 'movie.mp4'), 'movies'), /movie\.mp4 is longer than its 5 bytes/],
    ['one that is damaged', (at) => writeFile(join(at, 'index_1_1.ts'), 'fjrst'), /index_1_1\.ts is damaged/],
    ['a parent manifest that is missing', (at) => rm(join(at, 'index.m3u8')), /index\.m3u8 is missing/],
    [
      'a parent manifest that leads elsewhere',
      (at) => writeFile(join(at, 'index.m3u8'), PARENT.replace('index_1', 'index_9')),
      /refers to index_9\.m3u8, which the asset does not have/,
    ],
    [
      'another playlist that leads elsewhere',
      (at) => writeFile(join(at, 'index-cmaf.m3u8'), PARENT.replace('index_1', 'index_9')),
      /index-cmaf\.m3u8 refers to index_9\.m3u8, which the asset does not have/,
    ],
    [
      'a header that is elsewhere',
      (at) => writeFile(join(at, 'index_v.m3u8'), FRAGMENTED.replace('_init', '_head')),
      /index_v\.m3u8 refers to v_1_head\.mp4, which/,
    ],
    [
      'an MPD that leads elsewhere',
      (at) => writeFile(join(at, 'index.mpd'), MPD.replace('r="1"', 'r="2"')),
      /index\.mpd refers to v_1_9\.mp4, which the asset does not have/,
    ],
    [
      'an MPD that goes on',
      (at) => writeFile(join(at, 'index.mpd'), MPD.replace('static', 'dynamic')),
      /index\.mpd does not say that it ends/,
    ],
    ['an MPD of nothing', (at) => writeFile(join(at, 'index.mpd'), '<MPD type="static"/>'), /refers to nothing/],
    [
      'an MPD of endless runs',
      (at) => writeFile(join(at, 'index.mpd'), MPD.replace('r="1"', 'r="99999999999"')),
      /a run of segments has no length/,
    ],
    [
      'a manifest of Smooth Streaming that leads elsewhere',
      (at) => writeFile(join(at, 'a.ism/Manifest'), SMOOTH.replace('r="2"', 'r="3"')),
      /a\.ism\/Manifest refers to a\.ism\/QualityLevels\(64000\)\/Fragments\(audio=40\), which/,
    ],
    ['a parent manifest that is none', (at) => writeFile(join(at, 'index.m3u8'), 'hello'), /cannot be read/],
    [
      'a report that names what is not in its folder',
      (at) =>
        writeFile(
          join(at, 'harvest.json'),
          JSON.stringify({ ...report, objects: [{ key: '../../etc/passwd', size: 1 }] }),
        ),
      /etc\/passwd is missing/,
    ],
  ]
  for (const [name, change, problem] of cases) {
    it(`finds ${name}`, async () => {
      const { code, problems } = await changed(change)
      assert.equal(code, 1)
      assert.match(problems.join('\n'), problem)
    })
  }

  it('asks for no manifest where there is no presentation, however large the files are', async () => {
    const { code } = await changed(async (at) => {
      await rm(join(at, 'index.m3u8'))
      await writeFile(join(at, 'harvest.json'), JSON.stringify({ ...report, manifestKey: 'clips/goal/goal.vtt' }))
    })
    assert.equal(code, 0)
  })

  it('reads an object no further than it should be long', async () => {
    const server = createServer((request, response) => {
      const name = request.url?.slice(1) ?? ''
      if (name === 'harvest.json') response.end(JSON.stringify({ ...report, objects: report.objects.slice(0, 1) }))
      else if (name === 'index.m3u8') response.end(PARENT.replace('index_1.m3u8', 'index_1_1.ts'))
      else if (name !== 'index_1_1.ts') response.writeHead(404).end()
      else {
        const more = () => {
          while (response.write('x'.repeat(10_000)));
          response.once('drain', more)
        }
        more()
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { problems } = await verify(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    assert.deepEqual(problems, ['clips/goal/index_1_1.ts is longer than its 5 bytes'])
    server.closeAllConnections()
    server.close()
  })

  it('lets names give no commands to a terminal', async () => {
    let said = ''
    const folder = await mkdtemp(join(root, 'escape-'))
    const objects = [{ key: 'clips/goal/\u001b[2Jgone', size: 1 }]
    await writeFile(join(folder, 'harvest.json'), JSON.stringify({ ...report, objects }))
    const write = (text: string) => {
      said += text
    }
    await verifyAsset(folder, { isTerminal: true, columns: 80, write, now: () => 0, sleep: async () => {} }, noBucket)
    assert.match(said, /goal\/\ufffd\[2Jgone is missing/)
  })

  it('says what is no report', async () => {
    const nothing = (at: string) => writeFile(join(at, 'harvest.json'), JSON.stringify({ ...report, objects: [null] }))
    await assert.rejects(changed(nothing), { name: 'CommandFailed', message: /is not the report of a harvest/ })
  })

  it('says that a server is not there', async () => {
    const server = createServer((_, response) => response.writeHead(500).end())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/goal`
    await assert.rejects(verify(url), { name: 'CommandFailed', message: /was answered 500/ })
    server.close()
    await once(server, 'close')
    await assert.rejects(verify(url), { name: 'CommandFailed', message: /GET http.*harvest\.json failed: .*REFUSED/ })
  })

  it('says that there is no report', async () => {
    await assert.rejects(verify(root), { name: 'CommandFailed', message: /there is no harvest\.json/ })
  })
})
