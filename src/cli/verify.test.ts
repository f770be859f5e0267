import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { verifyAsset } from './verify.ts'

const FILES: Readonly<Record<string, string>> = {
  'index_1_1.ts': 'first',
  'index_1_2.ts': 'second',
  'index_1.m3u8':
    '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nindex_1_1.ts\n#EXTINF:2,\nindex_1_2.ts\n#EXT-X-ENDLIST\n',
  'movie.mp4': 'movie',
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

describe('verifying an asset', () => {
  let root: string
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'verify-'))
    await mkdir(join(root, 'whole'))
    const all = { ...FILES, 'index.m3u8': PARENT, 'harvest.json': JSON.stringify(report) }
    for (const [name, text] of Object.entries(all)) await writeFile(join(root, 'whole', name), text)
  })
  after(() => rm(root, { recursive: true }))

  async function verify(where: string): Promise<{ readonly code: number; readonly problems: readonly string[] }> {
    let said = ''
    const code = await verifyAsset(where, {
      isTerminal: false,
      columns: 80,
      write: (text) => {
        said += text
      },
      now: () => 0,
      sleep: async () => {},
    })
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
    ['one that is damaged', (at) => writeFile(join(at, 'index_1_1.ts'), 'fjrst'), /index_1_1\.ts is damaged/],
    ['a parent manifest that is missing', (at) => rm(join(at, 'index.m3u8')), /index\.m3u8 is missing/],
    [
      'a parent manifest that leads elsewhere',
      (at) => writeFile(join(at, 'index.m3u8'), PARENT.replace('index_1', 'index_9')),
      /refers to index_9\.m3u8, which the asset does not have/,
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
      assert.match(problems[0] ?? '', problem)
    })
  }

  it('asks for no manifest where there is no presentation, however large the files are', async () => {
    const { code } = await changed(async (at) => {
      await rm(join(at, 'index.m3u8'))
      await writeFile(join(at, 'harvest.json'), JSON.stringify({ ...report, manifestKey: 'clips/goal/goal.vtt' }))
    })
    assert.equal(code, 0)
  })

  it('says what is no report', async () => {
    const nothing = (at: string) => writeFile(join(at, 'harvest.json'), JSON.stringify({ ...report, objects: [null] }))
    await assert.rejects(changed(nothing), { name: 'CommandFailed', message: /is not the report of a harvest/ })
  })

  it('says that there is no report', async () => {
    await assert.rejects(verify(root), { name: 'CommandFailed', message: /there is no harvest\.json/ })
  })
})
