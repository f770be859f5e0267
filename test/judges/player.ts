/** hls.js in a real Chromium. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import { eventually, listen, words } from './belongings.ts'

export type Playback = {
  /** Position on the media timeline. */
  readonly mediaSeconds: number
  /** Seconds of media it holds beyond that. */
  readonly ahead: number
  /** Of what is listed so far, while the presentation is live. */
  readonly duration: number
  /** Decoded so far, the dropped ones included. */
  readonly frames: number
  readonly dropped: number
  readonly ended: boolean
  readonly errors: readonly string[]
}

const FLAGS = words(`--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required`)

const PAGE = readFileSync(new URL('player.html', import.meta.url))
const HLS_JS = readFileSync(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js'))

export class Player {
  readonly #browser: Browser
  readonly #url: string
  readonly #close: () => void

  private constructor(browser: Browser, url: string, close: () => void) {
    this.#browser = browser
    this.#url = url
    this.#close = close
  }

  static async start(): Promise<Player> {
    const server = createServer(({ url }, response) => {
      const [type, body] = url === '/hls.js' ? ['text/javascript', HLS_JS] : ['text/html', PAGE]
      response.writeHead(url === '/favicon.ico' ? 404 : 200, { 'Content-Type': type }).end(body)
    })
    const url = await listen(server)
    server.unref()
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS })
    return new Player(browser, url, () => server.close())
  }

  async stop(): Promise<void> {
    await this.#browser.close()
    this.#close()
  }

  /**
   * Plays a live presentation. Throws unless media time gains 95 % of so many seconds of the clock while pictures are
   * decoded, and nothing goes wrong from the first request on. A machine too busy to keep pace is not a stream that
   * does not arrive: it gets three attempts, and then it counts whether the player had something to play all the time.
   */
  async playLive(url: string, seconds: number, screenshot?: string): Promise<Playback> {
    return this.#withPage(url, 1, async (page) => {
      const look = async () => {
        const playback = await report(page)
        expectNoErrors(url, playback)
        return playback
      }
      await eventually(`${url} to play`, 30, async () => {
        const { mediaSeconds, frames } = await look()
        return (mediaSeconds > 0 && frames > 0) || undefined
      })
      const paces: string[] = []
      for (let attempt = 1; ; attempt++) {
        const first = await look()
        const began = performance.now()
        let last = first
        let leastAhead = first.ahead
        while (performance.now() - began < seconds * 1000) {
          await sleep(Math.min(500, seconds * 1000))
          last = await look()
          leastAhead = Math.min(leastAhead, last.ahead)
        }
        const wall = (performance.now() - began) / 1000
        if (screenshot !== undefined) await page.screenshot({ path: screenshot })
        const gained = last.mediaSeconds - first.mediaSeconds
        const pictures = last.frames - first.frames
        const keepsPace = gained >= 0.95 * wall || (attempt === 3 && gained >= 0.5 * wall && leastAhead >= 1)
        if (keepsPace && pictures > 0) return last
        const held = `${leastAhead.toFixed(1)} s in hand at least`
        paces.push(`${gained.toFixed(2)} s and ${pictures} pictures in ${wall.toFixed(2)} s of the clock, ${held}`)
        if (attempt === 3) throw new Error(`${url} does not keep pace: ${paces.join('; then ')}`)
      }
    })
  }

  /** Plays a finished presentation from its start to its end; throws when it does not get there or anything fails. */
  async playToEnd(url: string, rate = 2): Promise<Playback> {
    return this.#withPage(url, rate, async (page) => {
      const { duration } = await eventually(`${url} to begin`, 20, async () => {
        const playback = await report(page)
        expectNoErrors(url, playback)
        return playback.duration > 0 ? playback : undefined
      })
      const last = await eventually(`${url} to end`, (duration / rate) * 1.5 + 10, async () => {
        const playback = await report(page)
        expectNoErrors(url, playback)
        return playback.ended ? playback : undefined
      })
      if (last.frames === 0) throw new Error(`${url}: no picture was decoded`)
      return last
    })
  }

  async #withPage(url: string, rate: number, watch: (page: Page) => Promise<Playback>): Promise<Playback> {
    const page = await this.#browser.newPage()
    try {
      await page.goto(this.#url)
      await page.evaluate(`play(${JSON.stringify(url)}, ${rate})`)
      return await watch(page)
    } finally {
      await page.close()
    }
  }
}

async function report(page: Page): Promise<Playback> {
  return page.evaluate('report()')
}

function expectNoErrors(url: string, { errors }: Playback): void {
  if (errors.length > 0) throw new Error(`${url} does not play:\n  ${errors.join('\n  ')}`)
}
