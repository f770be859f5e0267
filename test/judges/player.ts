/** Players people use, in a real Chromium. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import { eventually, listen, words } from './belongings.ts'

/** hls.js plays HLS, shaka-player HLS and DASH, dash.js DASH and Smooth Streaming. */
export type Engine = 'hls.js' | 'shaka' | 'dash.js'

export type Playback = {
  /** Position on the media timeline. */
  readonly mediaSeconds: number
  /** Seconds of media it holds beyond that. */
  readonly ahead: number
  /** Of what is listed so far, while the presentation is live. */
  readonly duration: number
  /** The first position that can be sought. */
  readonly earliest: number
  /** Decoded so far, the dropped ones included. */
  readonly frames: number
  readonly dropped: number
  /** Of the pictures, in pixels. */
  readonly height: number
  /** Of the sound. */
  readonly language: string
  readonly ended: boolean
  readonly errors: readonly string[]
}

/** How it went for a viewer of a live presentation whose source comes and goes. */
export type Watched = {
  /** Of the clock, since the first picture moved. */
  readonly seconds: number
  readonly mediaSeconds: number
  /** Every stretch of at least a quarter of a second in which the picture stood still. */
  readonly stalls: readonly Stall[]
  /** Every place the player went past without playing it. */
  readonly jumps: readonly Jump[]
  readonly frames: number
  readonly dropped: number
  readonly errors: readonly string[]
}

export type Stall = {
  /** On the media timeline. */
  readonly at: number
  readonly seconds: number
  /** Media it had in hand when it began. */
  readonly ahead: number
}

export type Jump = { readonly from: number; readonly to: number }

/** What a viewer does besides watching. */
export type Tour = {
  readonly screenshot?: string
  /** Goes back by so many seconds at the end, and watches on from there. */
  readonly seekBack?: number
  /** Watches every level, and every language, for as long. */
  readonly switches?: boolean
}

const FLAGS = words(`--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required`)

// By their paths: not every package lets its browser scripts be resolved.
const script = (path: string) => readFileSync(new URL(`../../node_modules/${path}`, import.meta.url))
const SCRIPTS: Readonly<Record<Engine, () => Buffer>> = {
  'hls.js': () => script('hls.js/dist/hls.min.js'),
  shaka: () => script('shaka-player/dist/shaka-player.compiled.js'),
  'dash.js': () => {
    // Each is a script of its own, which the next may not run into.
    const parts = ['dash.all.min.js', 'dash.mss.min.js'].map((name) => script(`dashjs/dist/modern/umd/${name}`))
    return Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n;\n')]))
  },
}

const PAGE = readFileSync(new URL('player.html', import.meta.url))

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
    const server = createServer(({ url = '/' }, response) => {
      const read = SCRIPTS[url.slice(1) as Engine]
      const [type, body] = read ? ['text/javascript', read()] : ['text/html', PAGE]
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
   * Plays a live presentation, and does what `tour` says. Throws unless media time gains 95 % of so many seconds of the
   * clock while pictures are decoded, after every seek and every switch as well, and nothing goes wrong from the first
   * request on.
   */
  async playLive(engine: Engine, url: string, seconds: number, tour: Tour = {}): Promise<Playback> {
    return this.#withPage(engine, url, 1, async (page) => {
      const viewing = new Viewing(page, url)
      await eventually(`${url} to play`, 30, async () => {
        const { mediaSeconds, frames } = await viewing.look()
        return (mediaSeconds > 0 && frames > 0) || undefined
      })
      let last = await viewing.keepsPace(seconds)
      if (tour.screenshot !== undefined) await page.screenshot({ path: tour.screenshot })
      if (tour.switches) last = await viewing.switches(seconds)
      if (tour.seekBack !== undefined) last = await viewing.seeksBack(tour.seekBack, seconds)
      return last
    })
  }

  /** Watches a live presentation until `over` resolves, whatever happens. Throws when it does not begin to play. */
  async watch(engine: Engine, url: string, over: Promise<unknown>): Promise<Watched> {
    return this.#withPage(engine, url, 1, async (page) => {
      const look = (): Promise<Watched> => page.evaluate('watched()')
      await eventually(`${url} to play`, 30, async () => {
        const { frames, seconds } = await look()
        return (frames > 0 && seconds > 0) || undefined
      })
      await over
      return look()
    })
  }

  /**
   * Plays a finished presentation from its start to its end; throws when it does not get there or anything fails. That
   * it jumps over holes is no failure if `overHoles` is said.
   */
  async playToEnd(engine: Engine, url: string, rate = 2, { overHoles = false } = {}): Promise<Playback> {
    return this.#withPage(engine, url, rate, async (page) => {
      const viewing = new Viewing(page, url, overHoles)
      const { duration } = await eventually(`${url} to begin`, 20, async () => {
        const playback = await viewing.look()
        return playback.duration > 0 ? playback : undefined
      })
      const last = await eventually(`${url} to end`, (duration / rate) * 1.5 + 10, async () => {
        const playback = await viewing.look()
        return playback.ended || (overHoles && isAtItsEnd(playback)) ? playback : undefined
      })
      if (last.frames === 0) throw new Error(`${url}: no picture was decoded`)
      return last
    })
  }

  async #withPage<T>(engine: Engine, url: string, rate: number, watch: (page: Page) => Promise<T>): Promise<T> {
    const page = await this.#browser.newPage()
    try {
      await page.goto(this.#url)
      await page.addScriptTag({ url: `${this.#url}/${engine}` })
      await page.evaluate(`play(${JSON.stringify(engine)}, ${JSON.stringify(url)}, ${rate})`)
      return await watch(page)
    } finally {
      await page.close()
    }
  }
}

/** What hls.js says when it jumps over a hole, or a bit ahead at its rim. */
const JUMP = /bufferStalledError|bufferSeekOverHole|bufferNudgeOnStall/

/** Less than this in hand, in seconds, is what a stall for want of media looks like. */
const IN_HAND = 1

/**
 * A stall hls.js complains of while there is media to play: the machine was too busy to show it. What cannot be decoded
 * does not go on after it, and so does not get to its end.
 */
export function isBusyMachine(error: string): boolean {
  const [, ahead = '0'] = /bufferStalledError: .*due to low buffer \(\{"len":(\d+(?:\.\d+)?)/.exec(error) ?? []
  return Number(ahead) >= IN_HAND
}

function isAtItsEnd({ mediaSeconds, duration }: Playback): boolean {
  return mediaSeconds >= duration - 0.1
}

/** One presentation on one page. */
class Viewing {
  readonly #page: Page
  readonly #url: string
  readonly #overHoles: boolean

  constructor(page: Page, url: string, overHoles = false) {
    this.#page = page
    this.#url = url
    this.#overHoles = overHoles
  }

  async look(): Promise<Playback> {
    const playback: Playback = await this.#page.evaluate('report()')
    const errors = playback.errors.filter((error) => !(this.#overHoles && JUMP.test(error)) && !isBusyMachine(error))
    if (errors.length > 0) throw new Error(`${this.#url} does not play:\n  ${errors.join('\n  ')}`)
    return playback
  }

  /**
   * A machine too busy to keep pace is not a stream that does not arrive: it gets three attempts, and then it counts
   * whether the player had something to play all the time.
   */
  async keepsPace(seconds: number): Promise<Playback> {
    const paces: string[] = []
    for (let attempt = 1; ; attempt++) {
      const first = await this.look()
      const began = performance.now()
      let last = first
      let leastAhead = first.ahead
      while (performance.now() - began < seconds * 1000) {
        await sleep(Math.min(500, seconds * 1000))
        last = await this.look()
        leastAhead = Math.min(leastAhead, last.ahead)
      }
      const wall = (performance.now() - began) / 1000
      const gained = last.mediaSeconds - first.mediaSeconds
      const pictures = last.frames - first.frames
      const keeps = gained >= 0.95 * wall || (attempt === 3 && gained >= 0.5 * wall && leastAhead >= 1)
      if (keeps && pictures > 0) return last
      const held = `${leastAhead.toFixed(1)} s in hand at least`
      paces.push(`${gained.toFixed(2)} s and ${pictures} pictures in ${wall.toFixed(2)} s of the clock, ${held}`)
      if (attempt === 3) throw new Error(`${this.#url} does not keep pace: ${paces.join('; then ')}`)
    }
  }

  /** Watches each level and each language it is not watching yet. */
  async switches(seconds: number): Promise<Playback> {
    const levels: number[] = await this.#page.evaluate('told().levels()')
    const languages: string[] = await this.#page.evaluate('told().languages()')
    let last = await this.look()
    for (const [index, height] of levels.entries()) {
      if (height === last.height) continue
      await this.#page.evaluate(`told().chooseLevel(${index})`)
      last = await this.#becomes(`${height} lines`, (playback) => playback.height === height)
      last = await this.keepsPace(seconds)
    }
    for (const [index, language] of languages.entries()) {
      if (language === last.language) continue
      await this.#page.evaluate(`told().chooseLanguage(${index})`)
      last = await this.#becomes(`sound in ${language}`, (playback) => playback.language === language)
      last = await this.keepsPace(seconds)
    }
    return last
  }

  async seeksBack(by: number, seconds: number): Promise<Playback> {
    const { mediaSeconds, earliest, frames } = await this.look()
    const target = mediaSeconds - by
    if (target < earliest) throw new Error(`${this.#url} goes back to ${earliest} s only, not to ${target} s`)
    await this.#page.evaluate(`seek(${target})`)
    await this.#becomes(`play from ${target} s`, (playback) => {
      return playback.frames > frames && playback.mediaSeconds < mediaSeconds && playback.mediaSeconds > target
    })
    return this.keepsPace(seconds)
  }

  async #becomes(what: string, holds: (playback: Playback) => boolean): Promise<Playback> {
    return eventually(`${this.#url} to ${what}`, 20, async () => {
      const playback = await this.look()
      return holds(playback) ? playback : undefined
    })
  }
}
