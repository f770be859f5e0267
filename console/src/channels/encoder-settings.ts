/** Where an encoder sends to, and as whom. */
export type Ingest = { readonly url: string; readonly username: string; readonly password: string }

/** What an encoder sends: pictures that need no source, or a file, one time after the other. */
export type Sent = { readonly source: 'test' | 'file'; readonly renditions: 1 | 2 }

/** A setting of a program with windows, as it calls it. */
export type Setting = { readonly name: string; readonly value: string; readonly isSecret?: true }

/** Seconds of a segment, each of which begins with a key frame. */
const SEGMENT_SECONDS = 2
const FRAME_RATE = 25

const CODECS = [
  '-c:v libx264 -preset veryfast -pix_fmt yuv420p -sc_threshold 0',
  `-force_key_frames "expr:gte(t,n_forced*${SEGMENT_SECONDS})" -c:a aac -b:a 128k`,
]

/** Options of ffmpeg's HLS muxer that Windrow takes: PUT, one connection, and dates. */
const HLS = `-f hls -method PUT -http_persistent 1 -hls_time ${SEGMENT_SECONDS} -hls_list_size 6 -hls_flags program_date_time`

/** A command that sends with ffmpeg, for a shell of POSIX. */
export function ffmpegCommand(ingest: Ingest, { source, renditions }: Sent): string {
  const audio = source === 'test' ? '1:a' : '0:a'
  const inputs =
    source === 'test'
      ? [
          `-re -f lavfi -i testsrc2=size=1280x720:rate=${FRAME_RATE} -re -f lavfi -i sine=frequency=440:sample_rate=48000`,
        ]
      : ['-re -stream_loop -1 -i "FILE.mp4"']
  const ladder = [
    '-filter_complex "[0:v]split=2[v0][v1];[v0]scale=-2:720[high];[v1]scale=-2:360[low]"',
    `-map "[high]" -map ${audio} -map "[low]" -map ${audio}`,
    ...CODECS,
    '-b:v:0 2500k -maxrate:v:0 2500k -bufsize:v:0 2500k -b:v:1 700k -maxrate:v:1 700k -bufsize:v:1 700k',
  ]
  const one = [`-map 0:v:0 -map ${audio}`, ...CODECS, '-b:v 2500k -maxrate 2500k -bufsize 2500k']
  return lines([`ffmpeg ${inputs.join(' ')}`, ...(renditions === 1 ? one : ladder), ...pushed(ingest, renditions)])
}

/**
 * A command in which GStreamer encodes pictures, and ffmpeg sound, and sends both: GStreamer has no sink that sends HLS
 * by PUT.
 */
export function gstreamerCommand(ingest: Ingest): string {
  const keyFrames = FRAME_RATE * SEGMENT_SECONDS
  return lines([
    'gst-launch-1.0 -q matroskamux name=mux streamable=true ! fdsink fd=1',
    `videotestsrc is-live=true ! video/x-raw,width=1280,height=720,framerate=${FRAME_RATE}/1`,
    `! x264enc tune=zerolatency speed-preset=veryfast bitrate=2500 key-int-max=${keyFrames} ! video/x-h264,profile=main`,
    '! h264parse ! queue ! mux.',
    'audiotestsrc is-live=true wave=sine freq=440 ! audioconvert ! audio/x-raw,format=S16LE,rate=48000,channels=2',
    '! queue ! mux.',
    '| ffmpeg -f matroska -i pipe:0 -map 0:v:0 -map 0:a -c:v copy -c:a aac -b:a 128k',
    ...pushed(ingest, 1),
  ])
}

/** Settings of OBS: its output by FFmpeg, which is a recording that goes to a URL. */
export function obsSettings(ingest: Ingest): readonly Setting[] {
  return [
    { name: 'Settings › Output › Output Mode', value: 'Advanced' },
    { name: 'Recording › Type', value: 'Custom Output (FFmpeg)' },
    { name: 'FFmpeg Output Type', value: 'Output to URL' },
    { name: 'File path or URL', value: `${withCredentials(ingest)}.m3u8`, isSecret: true },
    { name: 'Container Format', value: 'hls' },
    {
      name: 'Muxer Settings',
      value: `method=PUT http_persistent=1 hls_time=${SEGMENT_SECONDS} hls_list_size=6 hls_flags=program_date_time`,
    },
    { name: 'Video Encoder', value: 'libx264' },
    { name: 'Keyframe interval (frames)', value: `twice the frames a second, such as ${FRAME_RATE * SEGMENT_SECONDS}` },
    { name: 'Audio Encoder', value: 'aac' },
  ]
}

/** Settings of AWS Elemental MediaLive: an HLS output group that sends by WebDAV. */
export function mediaLiveSettings(ingest: Ingest): readonly Setting[] {
  return [
    { name: 'Output group', value: 'HLS' },
    { name: 'Destination › URL', value: ingest.url },
    { name: 'Destination › Credentials › Username', value: ingest.username },
    { name: 'Destination › Credentials › Password', value: ingest.password, isSecret: true },
    { name: 'CDN Settings', value: 'Hls webdav' },
    { name: 'Http Transfer Mode', value: 'NON_CHUNKED' },
    { name: 'Segment Length', value: String(SEGMENT_SECONDS) },
    { name: 'Program Date Time', value: 'INCLUDE' },
    { name: 'Output › Name Modifier', value: '_1, _2, … one for each rendition' },
  ]
}

/** A text without the password of an ingest endpoint, to be looked at. */
export function withoutPassword(text: string, { password }: Pick<Ingest, 'password'>): string {
  return password === '' ? text : text.replaceAll(password, '•'.repeat(8))
}

function pushed(ingest: Ingest, renditions: 1 | 2): string[] {
  const base = withCredentials(ingest)
  if (renditions === 1) {
    return [
      HLS,
      `-master_pl_name channel.m3u8 -hls_segment_filename ${quoted(`${base}-%d.ts`)}`,
      quoted(`${base}-main.m3u8`),
    ]
  }
  return [
    HLS,
    '-master_pl_name channel.m3u8 -var_stream_map "v:0,a:0,name:720p v:1,a:1,name:360p"',
    `-hls_segment_filename ${quoted(`${base}-%v-%d.ts`)}`,
    quoted(`${base}-%v.m3u8`),
  ]
}

/** The URL of an ingest endpoint, which ends in `channel`, with what ffmpeg answers challenges with. */
function withCredentials({ url, username, password }: Ingest): string {
  const parsed = new URL(url)
  parsed.username = username
  parsed.password = password
  return parsed.href
}

/** For a shell: nothing within double quotes means anything. */
const quoted = (text: string) => `"${text.replaceAll(/["$\\`]/g, '\\$&')}"`

const lines = (parts: readonly string[]) => parts.join(' \\\n  ')
