import { createHlsEndpoint } from '../judges/aws.ts'
import { startNginx } from '../judges/nginx.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { Pusher, segmentName } from '../judges/pusher.ts'
import { type Measure, quantile, ROUNDS, SERVED_ON } from './measure.ts'
import { DAY_MS, openChannel, startProgramme } from './programme.ts'

const SEGMENTS_PER_ROUND = 40

/**
 * From the moment an encoder sends the playlist that lists a segment, until a player who asks from its answer on has
 * that segment whole. The peer keeps nothing safe and packages nothing: nginx's WebDAV module, with the same client.
 */
export async function benchLatency(): Promise<Measure[]> {
  const programme = await startProgramme()
  const { windrow, client, loop } = programme
  const pusher = await openChannel(programme, 'tv')
  const parent = await createHlsEndpoint(client, 'tv', 'tv', { SegmentDurationSeconds: 2, PlaylistWindowSeconds: 30 })
  const ours: Station = { pusher, playlist: parent.replace('index.m3u8', 'index_1.m3u8'), next: 0 }

  const root = temporaryFolder('dav')
  const dav = `root ${root}; dav_methods PUT; create_full_put_path on; client_max_body_size 0; open_file_cache off;`
  const nginx = await startNginx(`${dav} client_body_buffer_size 1m; client_body_temp_path ${root}/temp;`, SERVED_ON)
  const ingest = { url: `${nginx.url}/channel`, username: '', password: '' }
  const theirs: Station = {
    pusher: new Pusher(ingest, loop, Date.now() - DAY_MS),
    playlist: `${nginx.url}/channel-hd.m3u8`,
    next: 0,
  }
  try {
    const times = { ours: [] as number[], theirs: [] as number[] }
    // Until the code is compiled.
    await publish(ours, SEGMENTS_PER_ROUND)
    await publish(theirs, SEGMENTS_PER_ROUND)
    for (let round = 0; round < ROUNDS; round++) {
      times.ours.push(...(await publish(ours, SEGMENTS_PER_ROUND)))
      times.theirs.push(...(await publish(theirs, SEGMENTS_PER_ROUND)))
    }
    return [0.5, 0.99].map((part) => {
      const [value, peerValue] = [quantile(times.ours, part), quantile(times.theirs, part)]
      const name = `PUT to playable, p${part * 100}`
      return { name, value, unit: 'ms', peer: 'nginx dav', peerValue, ratio: peerValue / value }
    })
  } finally {
    for (const station of [ours, theirs]) station.pusher.close()
    await nginx.stop()
    await windrow.kill()
  }
}

type Station = { readonly pusher: Pusher; readonly playlist: string; next: number }

/** Milliseconds for each segment. */
async function publish(station: Station, count: number): Promise<number[]> {
  const { pusher, playlist } = station
  const times: number[] = []
  for (let turn = 0; turn < count; turn++) {
    const number = station.next++
    const rendition = pusher.renditions[0]!
    await expectTaken(pusher.put(segmentName(rendition.name, number), rendition.segment(number)))
    const lastLine = await lastSegment(playlist)
    const began = performance.now()
    await expectTaken(pusher.put(`channel-${rendition.name}.m3u8`, pusher.playlist(rendition.name, number)))
    let url: string | undefined
    do url = await lastSegment(playlist)
    while (url === lastLine)
    await fetchBytes(url!)
    times.push(performance.now() - began)
  }
  return times
}

async function expectTaken(putting: ReturnType<Pusher['put']>): Promise<void> {
  const { status, body } = await putting
  if (status < 200 || status >= 300) throw new Error(`a PUT was answered ${status}: ${body}`)
}

/** The URL on the last line of a playlist; none while there is no playlist. */
async function lastSegment(url: string): Promise<string | undefined> {
  const response = await fetch(url)
  const text = await response.text()
  if (!response.ok) return undefined
  return `${new URL(text.trimEnd().split('\n').at(-1)!, url)}`
}
