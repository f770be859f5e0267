/** Players people use, in a real Chromium. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from './chromium.ts'
import { MachineWatch } from './machine.ts'
import type {
  Complaint,
  Edges,
  Images,
  Playback,
  PlayedThrough,
  SeenStall,
  Span,
  Standing,
  Watched,
} from './playback.ts'
import { PlayerLog } from './player-log.ts'
import { eventually, listen } from './processes.ts'

/** hls.js plays HLS, shaka-player HLS and DASH, dash.js DASH and Smooth Streaming. */
/** `browser` plays a file without a script. */
export type Engine = 'hls.js' | 'shaka' | 'dash.js' | 'browser'

/** To another level or language. */
type Change = {
  readonly what: string
  readonly script: string
  readonly holds: (playback: Playback) => boolean
}

/** As the page tells it. */
type Seen = Pick<Watched, 'mediaSeconds' | 'jumps' | 'frames' | 'dropped' | 'events'> & {
  /** When the picture first moved. */
  readonly began?: number
  readonly now: number
  readonly stalls: readonly SeenStall[]
  readonly delays: readonly Span[]
  readonly errors: readonly Complaint[]
}

/** What a viewer does besides watching. */
export type Tour = {
  readonly screenshot?: string
  /** Goes back by so many seconds at the end, and watches on from there. */
  readonly seekBack?: number
  /** Watches every level, and every language, for as long. */
  readonly switches?: boolean
  /** Is given what it begins with. */
  readonly onBegin?: (playback: Playback) => void
  readonly unlocking?: Unlocking
}

/** Content keys by their ids, in hexadecimal, which shaka-player and dash.js are given in place of a licence. */
export type PlayerKeys = Readonly<Record<string, string>>

/** How a player gets content keys that no playlist leads to: `licences` is the URL of licences of clear key. */
export type Unlocking = { readonly keys?: PlayerKeys; readonly licences?: string }

type PictureSize = { readonly width: number; readonly height: number }

/** The headers that a player adds to each request of a method and URL. */
type Signing = { readonly signed?: (method: string, url: string) => Promise<Readonly<Record<string, string>>> }

export type Watching = {
  readonly onBegin?: () => void
  readonly free?: boolean
  readonly unlocking?: Unlocking
  /** Is given what goes back by so many seconds, or forward where they are negative. */
  readonly seeks?: (back: (seconds: number) => Promise<void>) => void
}

// By their paths: not every package lets its browser scripts be resolved.
const script = (path: string) => readFileSync(new URL(`../../node_modules/${path}`, import.meta.url))
const SCRIPTS: Readonly<Record<Engine, () => Buffer>> = {
  'hls.js': () => script('hls.js/dist/hls.min.js'),
  shaka: () => script('shaka-player/dist/shaka-player.compiled.js'),
  browser: () => Buffer.alloc(0),
  'dash.js': () => {
    // Each is a script of its own, which the next may not run into.
    const parts = ['dash.all.min.js', 'dash.mss.min.js'].map((name) => script(`dashjs/dist/modern/umd/${name}`))
    return Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n;\n')]))
  },
}

const PAGE = readFileSync(new URL('player.html', import.meta.url))

export class Player {
  private readonly browser: Browser
  private readonly url: string
  private readonly machine: MachineWatch
  private readonly close: () => void

  private constructor(browser: Browser, url: string, machine: MachineWatch, close: () => void) {
    this.browser = browser
    this.url = url
    this.machine = machine
    this.close = close
  }

  /**
   * `trusted` are digests of public keys (SHA-256, base64): certificates with them are taken, whoever signed them. Not
   * to be started beside anything that may fail: the browser goes on until `stop`, and the process with it.
   */
  static async start({ trusted = [] }: { readonly trusted?: readonly string[] } = {}): Promise<Player> {
    const server = createServer(({ url = '/' }, response) => {
      const read = SCRIPTS[url.slice(1) as Engine]
      const [type, body] = read ? ['text/javascript', read()] : ['text/html', PAGE]
      response.writeHead(url === '/favicon.ico' ? 404 : 200, { 'Content-Type': type }).end(body)
    })
    const url = await listen(server)
    server.unref()
    const machine = await MachineWatch.start()
    return new Player(await launchChromium(trusted), url, machine, () => server.close())
  }

  async stop(): Promise<void> {
    await this.browser.close()
    await this.machine.stop()
    this.close()
  }

  /**
   * Plays a live presentation, and does what `tour` says. Throws unless media time keeps pace with so many seconds of
   * the clock while pictures are decoded, after every seek and every switch as well, and nothing goes wrong from the
   * first request on. `keepsPace` says what lateness of the machine excuses.
   */
  async playLive(engine: Engine, url: string, seconds: number, tour: Tour = {}): Promise<Playback> {
    return this.withPage(engine, url, { rate: 1, ...tour.unlocking }, async (page) => {
      const viewing = new Viewing(page, url, this.machine)
      await viewing.becomes('play', ({ mediaSeconds, frames }) => mediaSeconds > 0 && frames > 0)
      let last = await viewing.keepsPace(seconds)
      tour.onBegin?.(last)
      if (tour.screenshot !== undefined) await page.screenshot({ path: tour.screenshot })
      if (tour.switches) last = await viewing.switches(seconds)
      if (tour.seekBack !== undefined) last = await viewing.seeksBack(tour.seekBack, seconds)
      return last
    })
  }

  /**
   * Watches a live presentation until `over` resolves, whatever happens. `onBegin` is called when its picture moves;
   * throws when it never does.
   */
  async watch(
    engine: Engine,
    url: string,
    over: Promise<unknown>,
    { onBegin, free = false, unlocking = {}, seeks }: Watching = {},
  ): Promise<Watched> {
    return this.withPage(engine, url, { rate: 1, free, ...unlocking }, async (page) => {
      const look = (): Promise<Seen> => page.evaluate('watched()')
      await eventually(`${url} to play`, async () => {
        const { frames, began } = await look()
        return (frames > 0 && began !== undefined) || undefined
      })
      onBegin?.()
      seeks?.(async (seconds) => {
        await page.evaluate(`seekBack(${seconds})`)
      })
      await over
      return this.judged(await look())
    })
  }

  /**
   * Plays a finished presentation from its start to its end; throws when it does not get there or anything fails. That
   * it jumps over holes is no failure if `overHoles` is said. `keys` are for what is encrypted.
   */
  async playToEnd(
    engine: Engine,
    url: string,
    rate = 2,
    { overHoles = false, keys, signed }: { readonly overHoles?: boolean; readonly keys?: PlayerKeys } & Signing = {},
  ): Promise<Playback> {
    return this.withPage(engine, url, { rate, ...(keys && { keys }), ...(signed && { signed }) }, async (page) => {
      const viewing = new Viewing(page, url, this.machine, overHoles)
      const last = await viewing.becomes('play to its end', (playback) => {
        return hasEnded(playback) || (overHoles && isAtItsEnd(playback))
      })
      if (last.frames === 0) throw new Error(`${url}: no picture was decoded`)
      return last
    })
  }

  /**
   * Plays a finished presentation from its start to its end, and changes on the way to each other level and language
   * and back. Throws as `playToEnd` does, and when it stands still for longer than a moment, except while it changes.
   */
  async playThrough(engine: Engine, url: string, { rate = 4, overHoles = false } = {}): Promise<PlayedThrough> {
    return this.withPage(engine, url, { rate }, (page) => new Viewing(page, url, this.machine, overHoles).through())
  }

  /** The pictures with which a player shows that a finished presentation begins and ends. Nothing is played. */
  async edges(engine: Engine, url: string, size: PictureSize): Promise<Edges> {
    return this.withPage(engine, url, { rate: 1, isHeld: true }, async (page) => {
      const viewing = new Viewing(page, url, this.machine)
      const { width, height } = size
      const stands = (what: string) =>
        eventually(`${engine} to show the ${what} picture of ${url}`, async () => {
          await viewing.look()
          return (await page.evaluate(`picture(${width}, ${height})`)) as Standing | undefined
        })
      const first = await stands('first')
      for (let known = 0; ; ) {
        await page.evaluate('seekToEnd()')
        const last = await stands('last')
        // Players that have loaded everything may find that there is more than they were told.
        if (last.duration - last.at < NEAR_THE_END || last.duration === known) return { first, last }
        known = last.duration
      }
    })
  }

  /** The picture with which a file begins, as the browser shows it. Nothing is played. */
  async firstPicture(url: string, { width, height }: PictureSize): Promise<Standing> {
    return this.withPage('browser', url, { rate: 1, isHeld: true }, async (page) => {
      const viewing = new Viewing(page, url, this.machine)
      return eventually(`the browser to show ${url}`, async () => {
        await viewing.look()
        return (await page.evaluate(`picture(${width}, ${height})`)) as Standing | undefined
      })
    })
  }

  /** The images by which a player shows where it seeks to: their sizes, and the URLs of those at some seconds. */
  async images(engine: Engine, url: string, seconds: readonly number[]): Promise<Images> {
    return this.withPage(engine, url, { rate: 1, isHeld: true }, (page) =>
      eventually(`${engine} to offer images of ${url}`, async () => {
        return (await page.evaluate(`imagesAt(${JSON.stringify(seconds)})`)) as Images | undefined
      }),
    )
  }

  private async judged({ began = Number.NaN, now, stalls, delays, errors, ...seen }: Seen): Promise<Watched> {
    const lateSeconds = async (span: Span) => (await latenessIn(this.machine, delays, span)) / 1000
    const judged = stalls.map(async (stall) => {
      const { at, stood, ahead } = stall
      return { at, seconds: stood / 1000, lateSeconds: await lateSeconds(causeOf(stall)), ahead }
    })
    return {
      ...seen,
      seconds: (now - began) / 1000,
      lateSeconds: await lateSeconds({ from: began, to: now }),
      stalls: await Promise.all(judged),
      errors: errors.map(({ text }) => text),
      standing: stalls.filter(({ to }) => now - to < 10).reduce((sum, { stood }) => sum + stood / 1000, 0),
    }
  }

  /** `free` leaves the levels and whatever else can be set to the player. */
  private async withPage<T>(
    engine: Engine,
    url: string,
    {
      rate,
      free = false,
      isHeld = false,
      keys,
      licences,
      signed,
    }: { readonly rate: number; readonly free?: boolean; readonly isHeld?: boolean } & Unlocking & Signing,
    watch: (page: Page) => Promise<T>,
  ): Promise<T> {
    const page = await this.browser.newPage()
    const log = new PlayerLog(page)
    try {
      if (signed) await page.exposeFunction('signed', signed)
      await page.goto(this.url)
      await page.addScriptTag({ url: `${this.url}/${engine}` })
      const told = (...all: readonly unknown[]) => all.map((each) => JSON.stringify(each)).join()
      const playing = told(engine, url, rate, free, keys ?? null, licences ?? null)
      await page.evaluate(isHeld ? `hold(${told(engine, url)})` : `play(${playing})`)
      return await watch(page)
    } catch (error) {
      await log.keep(error)
      throw error
    } finally {
      await page.close()
    }
  }
}

/** Seconds before the end at which the last picture is looked at. */
const NEAR_THE_END = 0.05
/** Seconds of media in hand below which a picture stands still for want of media, and not because it is not decoded. */
const IN_HAND = 0.5
/** A decoder that is kept from running has a few pictures left to show. */
const FELT_IN_HAND_MS = 1000
/** What an encoder or a server could not do in time is felt when a player has played what it had in hand. */
const FELT_WITHOUT_MS = 10_000

/** The time in which lateness of the machine may have made a picture stand still. */
function causeOf({ from, to, ahead }: Span & { readonly ahead: number }): Span {
  return { from: from - (ahead >= IN_HAND ? FELT_IN_HAND_MS : FELT_WITHOUT_MS), to }
}

/** What the machine was late by, in milliseconds: by its own account, or by what the page saw of it if that is more. */
async function latenessIn(machine: MachineWatch, delays: readonly Span[], { from, to }: Span): Promise<number> {
  const seen = delays.reduce((sum, delay) => {
    return sum + Math.max(0, Math.min(delay.to, to) - Math.max(delay.from, from))
  }, 0)
  return Math.max(seen, await machine.lateness(from - performance.timeOrigin, to - performance.timeOrigin))
}

/** What hls.js says when it jumps over a hole, or a bit ahead at its rim. */
const JUMP = /bufferStalledError|bufferSeekOverHole|bufferNudgeOnStall/

/** Standing still for longer than this, in milliseconds, needs a reason. */
const MOMENT_MS = 250

/**
 * Whether hls.js complains of a stall that the machine made: but for its lateness the picture would not have stood
 * still for longer than a moment.
 */
export function isLateMachine({ text, still }: Complaint, lateMs: number): boolean {
  return text.startsWith('mediaError bufferStalledError') && still - lateMs <= MOMENT_MS
}

/**
 * Whether media time, in milliseconds, gained less than the clock by more than needs no reason: one part in twenty, or
 * in a short look a moment, which a player takes to change its buffers, picture by picture.
 */
export function fallsBehind(gained: number, wall: number, excused: number): boolean {
  return gained < wall - Math.max(wall / 20, MOMENT_MS) - excused
}

/**
 * Milliseconds of a look of `wall` that need no reason: what stood still for the machine's sake. A page that was kept
 * from running for more than half of a look has not seen its own short stalls: all that the machine was late by counts
 * then. One for less than a moment is no stall by its account, so that much of the lateness counts in any case.
 */
export function excusedOf(wall: number, late: number, stalls: number): number {
  return late > wall / 2 ? late : Math.max(stalls, Math.min(late, MOMENT_MS))
}

/** A part of a look at a picture that moves, in milliseconds. */
type Look = {
  readonly wall: number
  readonly late: number
  /** Decoded in it. */
  readonly pictures: number
}

/**
 * Whether a look has seen enough: so many milliseconds in which the machine ran everything, and pictures. A player that
 * changes its sound or its level may remove all that it had in hand, and Chromium goes on with the next random access
 * point of what it loads again then: as long as the media between two of those lasts, a picture stands while time
 * passes. A machine that is late for most of the time is watched for so many times as long, and no longer.
 */
export function isSeen({ wall, late, pictures }: Look, ms: number): boolean {
  const least = pictures > 0 ? ms : Math.max(ms, BETWEEN_ACCESS_POINTS_MS)
  return wall - late >= least || wall >= MOST_LATE * least
}

function isAtItsEnd({ mediaSeconds, duration }: Playback): boolean {
  return duration > 0 && mediaSeconds >= duration - 0.1
}

type AtTheEnd = Pick<Playback, 'ended' | 'now' | 'mediaSeconds' | 'duration' | 'stalls'>

/**
 * A picture that stands still at the end is the last, though Chromium may not have been told so: hls.js forgets that at
 * times when it changed the level after the last segment had been loaded, dash.js when a page is late at a high rate.
 */
export function hasEnded({ ended, now, mediaSeconds, duration, stalls }: AtTheEnd): boolean {
  const stall = stalls.at(-1)
  const stands = stall !== undefined && now - stall.to < 10 && stall.stood >= MOMENT_MS
  return ended || (stands && duration > 0 && mediaSeconds >= duration - LAST_SECONDS)
}

/** One presentation on one page. */
class Viewing {
  private readonly page: Page
  private readonly url: string
  private readonly machine: MachineWatch
  private readonly overHoles: boolean

  constructor(page: Page, url: string, machine: MachineWatch, overHoles = false) {
    this.page = page
    this.url = url
    this.machine = machine
    this.overHoles = overHoles
  }

  /** Throws with all that went wrong, and with how late the machine was when it did. */
  async look(): Promise<Playback> {
    const playback: Playback = await this.page.evaluate('report()')
    const errors: string[] = []
    for (const error of playback.errors) {
      if (this.overHoles && JUMP.test(error.text)) continue
      const stall = { from: error.at - error.still, to: error.at, ahead: error.ahead }
      const late = await latenessIn(this.machine, playback.delays, causeOf(stall))
      if (isLateMachine(error, late)) continue
      const circumstances = `it had stood still for ${inSeconds(error.still)}, the machine was late by ${inSeconds(late)}`
      errors.push(`${error.text} (${circumstances})`)
    }
    if (errors.length > 0) throw new Error(`${this.url} does not play:\n  ${errors.join('\n  ')}`)
    return playback
  }

  /**
   * Looks on until the machine has run everything for so many seconds in all and a picture has been decoded, and throws
   * unless media time has kept pace with the clock, and when no picture comes. Of what it stood still, as much is
   * excused as the machine was late by.
   */
  async keepsPace(seconds: number): Promise<Playback> {
    const first = await this.look()
    for (;;) {
      await sleep(Math.min(500, seconds * 1000))
      const last = await this.look()
      const wall = last.now - first.now
      const late = await latenessIn(this.machine, last.delays, { from: first.now, to: last.now })
      const pictures = last.frames - first.frames
      if (!isSeen({ wall, late, pictures }, seconds * 1000)) continue
      const gained = (last.mediaSeconds - first.mediaSeconds) * 1000
      const excused = excusedOf(wall, late, await this.excused(last, first.now))
      const isBehind = fallsBehind(gained, wall, excused)
      // A player that was held up may skip what it missed.
      const isAhead = gained > 1.05 * wall + STEP_MS + late
      if (!isBehind && !isAhead && pictures > 0) return last
      throw new Error(
        `${this.url} does not keep pace: ${inSeconds(gained)} and ${pictures} pictures in ${inSeconds(wall)} of the clock, ` +
          `${last.ahead.toFixed(2)} s in hand; the machine was late by ${inSeconds(late)}, which excuses ${inSeconds(excused)}`,
      )
    }
  }

  /** Milliseconds of standing still since `from` that the machine was late by. */
  private async excused({ stalls, delays }: Playback, from: number): Promise<number> {
    const each = stalls
      .filter(({ to }) => to > from)
      .map(async (stall) => Math.min(stall.stood, await latenessIn(this.machine, delays, causeOf(stall))))
    return (await Promise.all(each)).reduce((sum, ms) => sum + ms, 0)
  }

  /** Watches each level and each language it is not watching yet. */
  async switches(seconds: number): Promise<Playback> {
    const levels: number[] = await this.page.evaluate('told().levels()')
    const languages: string[] = await this.page.evaluate('told().languages()')
    let last = await this.look()
    for (const [index, height] of levels.entries()) {
      if (height === last.height) continue
      await this.page.evaluate(`told().chooseLevel(${index})`)
      last = await this.becomes(`show ${height} lines`, (playback) => playback.height === height)
      last = await this.keepsPace(seconds)
    }
    for (const [index, language] of languages.entries()) {
      if (language === last.language) continue
      await this.page.evaluate(`told().chooseLanguage(${index})`)
      last = await this.becomes(`sound in ${language}`, (playback) => playback.language === language)
      last = await this.keepsPace(seconds)
    }
    return last
  }

  /** Plays to the end, with the changes at even distances. */
  async through(): Promise<PlayedThrough> {
    const first = await this.becomes('play', ({ mediaSeconds, frames, duration }) => {
      return mediaSeconds > 0 && frames > 0 && duration > 0
    })
    const changes = await this.changesFrom(first)
    const spans: Span[] = []
    for (const [index, { what, script, holds }] of changes.entries()) {
      const place = (first.duration * (index + 1)) / (changes.length + 1)
      const { now: from } = await this.becomes(`play ${place} s`, ({ mediaSeconds }) => mediaSeconds >= place)
      await this.page.evaluate(script)
      const { now: to } = await this.becomes(`show ${what}`, holds)
      spans.push({ from, to })
    }
    const last = await this.becomes('play to its end', hasEnded)
    await this.neverStands(last, spans)
    return { ...last, shown: changes.map(({ what }) => what) }
  }

  /** To each other level and language, and back. */
  private async changesFrom({ height, language }: Playback): Promise<Change[]> {
    const levels: number[] = await this.page.evaluate('told().levels()')
    const languages: string[] = await this.page.evaluate('told().languages()')
    const toLevel = (level: number): Change => {
      const script = `told().chooseLevel(${levels.indexOf(level)})`
      return { what: `${level} lines`, script, holds: (playback) => playback.height === level }
    }
    const toLanguage = (name: string): Change => {
      const script = `told().chooseLanguage(${languages.indexOf(name)})`
      return { what: `sound in ${name}`, script, holds: (playback) => playback.language === name }
    }
    return [
      ...levels.filter((level) => level !== height).flatMap((level) => [toLevel(level), toLevel(height)]),
      ...languages.filter((name) => name !== language).flatMap((name) => [toLanguage(name), toLanguage(language)]),
    ]
  }

  /** Throws when the picture stood still before its end and outside of these spans, but for the machine's lateness. */
  private async neverStands({ stalls, delays, duration }: Playback, excepted: readonly Span[]): Promise<void> {
    for (const stall of stalls) {
      const isExcepted = excepted.some(({ from, to }) => stall.from < to && from < stall.to)
      if (isExcepted || stall.at >= duration - LAST_SECONDS) continue
      const late = await latenessIn(this.machine, delays, causeOf(stall))
      if (stall.stood - late <= MOMENT_MS) continue
      throw new Error(
        `${this.url} stands still at ${stall.at} s for ${inSeconds(stall.stood)}, ${stall.ahead.toFixed(2)} s in hand; ` +
          `the machine was late by ${inSeconds(late)}`,
      )
    }
  }

  async seeksBack(by: number, seconds: number): Promise<Playback> {
    const { now, mediaSeconds, earliest, frames } = await this.look()
    const target = mediaSeconds - by
    if (target < earliest) throw new Error(`${this.url} goes back to ${earliest} s only, not to ${target} s`)
    await this.page.evaluate(`seek(${target})`)
    await this.becomes(`play from ${target} s`, (playback) => {
      const unsought = mediaSeconds + (playback.now - now) / 1000
      return playback.frames > frames && playback.mediaSeconds > target && playback.mediaSeconds < unsought - by / 2
    })
    return this.keepsPace(seconds)
  }

  async becomes(what: string, holds: (playback: Playback) => boolean): Promise<Playback> {
    let mediaSeconds = 0
    const probe = async () => {
      const playback = await this.look()
      mediaSeconds = Math.floor(playback.mediaSeconds)
      return holds(playback) ? playback : undefined
    }
    return eventually(`${this.url} to ${what}`, probe, () => mediaSeconds)
  }
}

/** Over a small hole at the beginning. */
const STEP_MS = 500

/** A picture that stands still so near the end is at it. */
const LAST_SECONDS = 0.2

const MOST_LATE = 10

/** Longer than any segment that tests play: each has a random access point. */
const BETWEEN_ACCESS_POINTS_MS = 10_000

const inSeconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
