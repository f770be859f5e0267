/** What a viewer is given of one endpoint, fetched by what its manifests say. */

/** Segments that follow one another on one timeline, with one header. */
export type Run = {
  /** Absent where segments need none. */
  readonly header?: Buffer
  readonly segments: readonly Buffer[]
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

/** Segments and the place of their header, put together to runs. */
export async function toRuns(
  segments: readonly { readonly url: string; readonly header?: string; readonly breaks: boolean }[],
  fetch: (url: string) => Promise<Buffer>,
): Promise<Run[]> {
  const runs: { header?: string; urls: string[] }[] = []
  for (const { url, header, breaks } of segments) {
    const last = runs.at(-1)
    if (last && !breaks && last.header === header) last.urls.push(url)
    else runs.push({ urls: [url], ...(header !== undefined && { header }) })
  }
  return Promise.all(
    runs.map(async ({ header, urls }) => {
      const fetched = await Promise.all(urls.map(fetch))
      return { segments: fetched, ...(header !== undefined && { header: await fetch(header) }) }
    }),
  )
}
