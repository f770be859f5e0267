/** Players that remember what they were answered, as metrics should have it. */

/** The requests of an endpoint by the range of their status, and the bytes of their bodies. */
export type Answered = { readonly requests: Map<string, number>; bytes: number }

export class CountingPlayer {
  readonly answered: Answered = { requests: new Map(), bytes: 0 }
  private readonly url: string

  constructor(url: string) {
    this.url = url
  }

  /** Reads the parent playlist, a media playlist, its newest segment, and a segment that is not there. */
  async round(): Promise<void> {
    const [rendition] = linesOf(await this.get(this.url))
    if (rendition === undefined) return
    const playlist = new URL(rendition, this.url)
    const newest = linesOf(await this.get(playlist.href)).at(-1)
    if (newest === undefined) return
    await this.get(new URL(newest, playlist).href)
    await this.get(new URL(newest.replace(/_\d+\.ts/, '_999999.ts'), playlist).href)
  }

  private async get(url: string): Promise<string> {
    const response = await fetch(url, { headers: { 'accept-encoding': 'identity' } })
    const body = Buffer.from(await response.arrayBuffer())
    const { requests } = this.answered
    const range = `${Math.floor(response.status / 100)}xx`
    requests.set(range, (requests.get(range) ?? 0) + 1)
    this.answered.bytes += body.length
    return response.ok ? body.toString('latin1') : ''
  }
}

const linesOf = (playlist: string) => playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
