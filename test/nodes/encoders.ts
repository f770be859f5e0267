/** What is sent to the nodes: a ladder by two ffmpeg, and programmes by encoders that insist on every segment. */
import { Readable, type Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ingest } from '../judges/aws.ts'
import type { LoopRendition, Television } from '../judges/loop.ts'
import { type Running, start, words } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'

export const SOURCE_SECONDS = 2

/** Two sizes of a test picture. */
export const PROGRAMME: Television = {
  segmentSeconds: SOURCE_SECONDS,
  frameRate: 25,
  picture: '',
  renditions: [
    { name: 'high', size: '640x360', bandwidth: 700_000 },
    { name: 'low', size: '320x180', bandwidth: 300_000 },
  ],
}

/**
 * ffmpeg at one input of a programme that never ends: it takes up again where the programme is by the clock whenever it
 * has ended, with the programme's own timestamps.
 */
export class FfmpegEncoder {
  private readonly ingest: Ingest
  private readonly renditions: readonly LoopRendition[]
  private readonly began: number
  private readonly persistent: boolean
  private running: Running | undefined
  private over = false
  /** What it said whenever it ended by itself. */
  readonly ends: string[] = []

  /** The programme begins at `began`, a moment of `performance.now()`. */
  constructor(
    ingest: Ingest,
    renditions: readonly LoopRendition[],
    { began, persistent }: { began: number; persistent: boolean },
  ) {
    this.ingest = ingest
    this.renditions = renditions
    this.began = began
    this.persistent = persistent
  }

  /** Resolves when it has been stopped. */
  async run(): Promise<void> {
    while (!this.over) {
      const now = (performance.now() - this.began) / 1000
      const first = Math.max(0, Math.ceil(now / SOURCE_SECONDS))
      await sleep((first * SOURCE_SECONDS - now) * 1000)
      if (this.over) return
      const reason = await this.push(first)
      if (!this.over) this.ends.push(reason)
    }
  }

  stop(): void {
    this.over = true
    this.running?.child.kill('SIGKILL')
  }

  private async push(first: number): Promise<string> {
    const target = new URL(this.ingest.url)
    target.username = this.ingest.username
    target.password = this.ingest.password
    const inputs = this.renditions.flatMap((_, n) => ['-re', ...words(`-f mpegts -i pipe:${FIRST_PIPE + n}`)])
    const streams = this.renditions.map(({ name }, n) => `v:${n},a:${n},name:${name}`)
    const args = [
      ...words('-hide_banner -nostdin -loglevel warning -copyts'),
      ...inputs,
      ...this.renditions.flatMap((_, n) => words(`-map ${n}:v -map ${n}:a`)),
      ...words(`-c copy -f hls -hls_time ${SOURCE_SECONDS} -hls_list_size 6 -master_pl_name channel.m3u8`),
      ...words('-hls_flags program_date_time+independent_segments -method PUT'),
      ...words(`-http_persistent ${this.persistent ? 1 : 0} -hls_segment_filename ${target}-%v-%05d.ts`),
      '-var_stream_map',
      streams.join(' '),
      `${target}-%v.m3u8`,
    ]
    const running = start('ffmpeg', args, { pipes: this.renditions.length })
    this.running = running
    for (const [n, rendition] of this.renditions.entries()) {
      const pipe = running.child.stdio[FIRST_PIPE + n] as Writable
      pipe.on('error', () => {})
      Readable.from(segmentsFrom(rendition, first), { objectMode: true, highWaterMark: 1 }).pipe(pipe)
    }
    const reason = await running.ended
    return `${reason}: ${running.said().slice(-600)}`
  }
}

/** The number of the first file descriptor beyond the standard ones. */
const FIRST_PIPE = 3

function* segmentsFrom(rendition: LoopRendition, first: number): Generator<Buffer> {
  for (let number = first; ; number++) yield rendition.segment(number)
}

/** An encoder that puts each segment until it is taken, at the pace of the clock, however late it is. */
export class InsistentEncoder {
  readonly pusher: Pusher
  private readonly seconds: number
  private over = false

  /** Never ends by itself. */
  readonly ends: readonly string[] = []

  /** The programme begins at `firstDate`, in milliseconds since 1970. */
  constructor(ingest: Ingest, loop: readonly LoopRendition[], firstDate: number) {
    this.pusher = new Pusher(ingest, loop, firstDate)
    this.seconds = loop[0]!.segmentSeconds
  }

  async run(): Promise<void> {
    const began = performance.now()
    await this.pusher.pushParent()
    while (!this.over) {
      await this.pusher.pushNext()
      await sleep(Math.max(0, began + this.pusher.published * this.seconds * 1000 - performance.now()))
    }
    this.pusher.close()
  }

  /** Lets it put what it is at. */
  stop(): void {
    this.over = true
  }
}

const PACKET = Buffer.alloc(188, 0xff)
PACKET.writeUInt32BE(0x471fff10)

/** The same with packets that mean nothing behind each segment, so that it has as many bytes. */
export function padded(rendition: LoopRendition, bytes: number): LoopRendition {
  return {
    ...rendition,
    segment(number) {
      const segment = rendition.segment(number)
      const missing = Math.max(0, Math.ceil((bytes - segment.length) / PACKET.length))
      return Buffer.concat([segment, ...Array.from({ length: missing }, () => PACKET)])
    },
  }
}
