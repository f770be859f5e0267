/** What a viewer is given of one endpoint, fetched by what its manifests say. */

/** Segments that follow one another on one timeline, with one header. */
export type Run = {
  /** Absent where segments need none. */
  readonly header?: Buffer
  readonly segments: readonly Buffer[]
  /** Seconds of all segments, as the manifest says. */
  readonly seconds: number
  /** Seconds at which each begins, where the manifest says that. */
  readonly starts?: readonly number[]
}

/** All bytes of a run, as one file. */
export function bytesOf({ header, segments }: Run): Buffer {
  return Buffer.concat([...(header ? [header] : []), ...segments])
}

export type ViewedStream = {
  readonly kind: 'variant' | 'audio' | 'text'
  /** Where it was found, for messages. */
  readonly name: string
  readonly language?: string
  /** As the manifest says. */
  readonly codecs?: string
  readonly runs: readonly Run[]
}

export type Viewed = {
  readonly streams: readonly ViewedStream[]
  /** The manifest that names them all. */
  readonly manifest: string
}

type Listed = {
  readonly url: string
  readonly header?: string
  readonly duration: number
  /** A timeline begins with it. */
  readonly breaks: boolean
}

/** Segments and the place of their header, put together to runs. */
export async function toRuns(segments: readonly Listed[], fetch: (url: string) => Promise<Buffer>): Promise<Run[]> {
  const runs: { header?: string; listed: Listed[] }[] = []
  for (const segment of segments) {
    const { header, breaks } = segment
    const last = runs.at(-1)
    if (last && !breaks && last.header === header) last.listed.push(segment)
    else runs.push({ listed: [segment], ...(header !== undefined && { header }) })
  }
  return Promise.all(
    runs.map(async ({ header, listed }) => ({
      segments: await Promise.all(listed.map(({ url }) => fetch(url))),
      seconds: listed.reduce((sum, { duration }) => sum + duration, 0),
      ...(header !== undefined && { header: await fetch(header) }),
    })),
  )
}
