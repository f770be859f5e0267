/** Finished presentations made by other people's packagers: what the judges must accept before they judge ours. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { encodedFiles } from '../fixtures/encoded.ts'
import { words } from './processes.ts'

/** Of `packageStandIn`, unless another length is asked for. */
export const REFERENCE_SECONDS = 16

/** shaka-packager's own program; what npm starts is a script around it. */
export const PACKAGER = join(
  dirname(createRequire(import.meta.url).resolve('shaka-packager/package.json')),
  `bin/packager-linux-${process.arch}`,
)

/**
 * Below `folder`: `hls/index.m3u8` with fragmented MP4 and `dash/index.mpd` by shaka-packager, `mss/Manifest` by
 * ffmpeg. All have pictures of 180 and 90 lines, and sound in English and French.
 */
export async function packageReference(folder: string, seconds = REFERENCE_SECONDS): Promise<void> {
  const source = 'source.mp4'
  const encode = [
    ...words(`-nostdin -v error -y -f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i aevalsrc=0.2*sin(300*t*t)`),
    ...words(`-f lavfi -i aevalsrc=0.2*sin(200*t*t) -t ${seconds} -map 1 -map 2`),
    ...words('-filter_complex [0]split[big][whole];[whole]scale=160:90[small] -map [big] -map [small]'),
    ...words('-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0 -c:a aac -b:a 64k'),
    ...words('-b:v:0 200k -b:v:1 100k -metadata:s:a:0 language=eng -metadata:s:a:1 language=fra'),
    source,
  ]
  const track = (stream: number, below: string, name: string, more = '') => {
    const files = `init_segment=${below}/${name}/init.mp4,segment_template=${below}/${name}/$Number$.mp4`
    return `in=${source},stream=${stream},${files},playlist_name=${name}.m3u8${more}`
  }
  const packaged = (below: 'hls' | 'dash', ...more: string[]) => [
    track(2, below, 'big'),
    track(3, below, 'small'),
    track(0, below, 'english', ',hls_group_id=sound,hls_name=English'),
    track(1, below, 'french', ',hls_group_id=sound,hls_name=French'),
    ...words('--segment_duration 2'),
    ...more,
  ]
  const order = words('-map 0:v -map 0:a -c copy -f smoothstreaming -min_frag_duration 2000000')
  const made = await encodedFiles(
    { program: 'ffmpeg', args: encode },
    { program: PACKAGER, args: packaged('hls', '--hls_master_playlist_output', 'hls/index.m3u8') },
    { program: PACKAGER, args: packaged('dash', '--mpd_output', 'dash/index.mpd', '--generate_static_live_mpd') },
    { program: 'mkdir', args: ['mss'] },
    { program: 'ffmpeg', args: [...words(`-nostdin -v error -y -i ${source}`), ...order, 'mss'] },
  )
  for (const kind of ['hls', 'dash', 'mss']) cpSync(join(made, kind), join(folder, kind), { recursive: true })
  const smooth = join(folder, 'mss')
  // ffmpeg names fragments by their times, and lists their durations alone.
  const manifest = join(smooth, 'Manifest')
  const dated = readFileSync(manifest, 'utf8').replaceAll(/Type="(\w+)"[^<]*(?:<Q[^<]*)+<c n="0"/g, (index, kind) => {
    const starts = readdirSync(smooth, { recursive: true, encoding: 'utf8' })
      .map((name) => new RegExp(`/Fragments\\(${kind}=(\\d+)\\)$`).exec(name)?.[1])
      .filter((start) => start !== undefined)
    return `${index} t="${Math.min(...starts.map(Number))}"`
  })
  writeFileSync(manifest, dated)
}
