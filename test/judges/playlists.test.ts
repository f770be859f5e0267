import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { watchLive } from './playlists.ts'
import { listen } from './processes.ts'

const PARENT = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb.m3u8\n'

type Listing = { readonly first: number; readonly names: readonly string[]; readonly ended?: boolean }

function playlist({ first, names, ended }: Listing): string {
  const lines = names.flatMap((name) => ['#EXTINF:1.000,', name])
  const head = ['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-TARGETDURATION:1', `#EXT-X-MEDIA-SEQUENCE:${first}`]
  return [...head, ...lines, ...(ended ? ['#EXT-X-ENDLIST'] : []), ''].join('\n')
}

describe('a viewer of a live presentation', () => {
  let server: Server
  let url: string
  /** What each playlist says, one look after the other; the last stays. */
  let listings: Record<string, Listing[]>
  let bytes: (path: string) => string
  before(async () => {
    server = createServer(({ url: path = '' }, response) => {
      if (path === '/index.m3u8') response.end(PARENT)
      else if (path.endsWith('.m3u8')) {
        const said = listings[path.slice(1)]!
        response.end(playlist(said.length > 1 ? said.shift()! : said[0]!))
      } else response.end(bytes(path))
    })
    url = await listen(server)
  })
  after(() => server.close())

  async function watch(a: Listing[], b: Listing[] = structuredClone(a), serve = (path: string) => path) {
    listings = { 'a.m3u8': a, 'b.m3u8': b }
    bytes = serve
    return watchLive(`${url}/index.m3u8`)
  }
  const end = (first: number, ...names: string[]): Listing => ({ first, names, ended: true })
  const live = (first: number, ...names: string[]): Listing => ({ first, names })

  it('keeps every segment of a window that moves', async () => {
    const seen = await watch([live(4, 'x', 'y'), live(5, 'y', 'z'), end(6, 'z')])
    assert.deepEqual(
      seen.map(({ segments }) => segments.map(({ number, bytes }) => `${number}${bytes}`)),
      [
        ['4/x', '5/y', '6/z'],
        ['4/x', '5/y', '6/z'],
      ],
    )
  })
  it('complains when numbers go back', async () => {
    await assert.rejects(watch([live(4, 'x', 'y'), end(3, 'w', 'x', 'y')]), /went back from 4 to 3/)
  })
  it('complains when a number names another segment', async () => {
    await assert.rejects(watch([live(4, 'x', 'y'), end(4, 'x', 'z')]), /number 5 .*url was .*y, now it is .*z/)
  })
  it('complains when a segment is taken back', async () => {
    await assert.rejects(watch([live(4, 'x', 'y'), end(4, 'x')]), /number 5 is no longer listed/)
  })
  it('complains when segments came and went unseen', async () => {
    await assert.rejects(watch([live(4, 'x'), end(6, 'z')]), /numbers 5 to 5 came and went unseen/)
  })
  it('complains when renditions number differently', async () => {
    await assert.rejects(watch([end(4, 'x', 'y')], [end(5, 'x', 'y')]), /lists 4 .*lists 5 /)
  })
  it('complains when a rendition has less than the others', async () => {
    await assert.rejects(watch([end(4, 'x', 'y')], [end(4, 'x')]), /lists 5 .*lists undefined/)
  })
  it('complains when a URL gives other bytes the second time', async () => {
    let turn = 0
    await assert.rejects(
      watch([end(4, 'x')], [end(4, 'x')], () => `${turn++}`),
      /held [0-9a-f]{64}, now it holds/,
    )
  })
})
