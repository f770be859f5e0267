/** Two encoders of one programme on one channel, killed and restarted in turn while players watch. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createRedundantChannel, type Ingest, mediaPackage } from '../judges/aws.ts'
import { encodeLadder, startPush } from '../judges/encoder.ts'
import type { Stall, Watched } from '../judges/playback.ts'
import { type Engine, Player } from '../judges/player.ts'
import { type Running, temporaryFolder } from '../judges/processes.ts'
import { seededRandom } from '../judges/random.ts'
import { Windrow } from '../judges/windrow.ts'
import { OUTPUTS } from '../matrix/outputs.ts'

export type EncodersInTurn = {
  readonly seed: number
  /** Of watching. */
  readonly seconds: number
  /** How long a killed encoder is away, in milliseconds. */
  readonly absence: { readonly shortest: number; readonly longest: number }
  readonly viewings: readonly Viewing[]
  readonly log: (line: string) => void
}

/** A player, and the name of the output it plays. */
export type Viewing = { readonly engine: Engine; readonly output: string; readonly segmentSeconds: number }

export type InTurn = {
  readonly kills: number
  /** Of those restarts, the ones that took the common timeline up again instead of beginning their own. */
  readonly locked: number
  readonly switches: number
  readonly watched: readonly (Viewing & Watched)[]
}

const SOURCE_SECONDS = 1
/** Media the channel has when the players come: what DASH is played behind the live edge, and a little. */
const BEFORE = 30
/** What is left of the programme when the players go. */
const AFTER = 10
/** Longer than any programme. */
const WHOLE = 3600
/** Milliseconds from one return to the next. */
const SHORTEST_TURN_MS = 12_000
const LONGEST_TURN_MS = 20_000

/** Every player watches all the while. Throws when one does not begin; how they fared `faultsOf` tells. */
export async function watchEncodersInTurn({ seed, seconds, absence, viewings, log }: EncodersInTurn): Promise<InTurn> {
  const random = seededRandom(seed)
  const encoded = await encodeLadder(BEFORE + seconds + AFTER, SOURCE_SECONDS)
  const windrow = await Windrow.start()
  const player = await Player.start()
  const client = mediaPackage(windrow)
  const inputs = await createRedundantChannel(client, 'in-turn')
  const urls = new Map<string, string>()
  for (const output of OUTPUTS) {
    if (!viewings.some((viewing) => viewing.output === output.name)) continue
    urls.set(output.name, await output.create(client, 'in-turn'))
  }
  const encoders = new Encoders(inputs, encoded)
  try {
    await Promise.all([encoders.start(0, true), encoders.start(1, true)])
    await sleep(BEFORE * 1000)

    let stop = () => {}
    const over = new Promise<void>((resolve) => {
      stop = resolve
    })
    const { watching, begun } = watchAll(player, viewings, urls, over)
    await begun
    const end = performance.now() + seconds * 1000
    let kills = 0
    let locked = 0
    for (;;) {
      const turn = random.integer(SHORTEST_TURN_MS, LONGEST_TURN_MS)
      const away = random.integer(absence.shortest, absence.longest)
      const isLocked = random.next() < 0.5
      if (performance.now() + turn > end) break
      await sleep(turn - away)
      const input = (kills++ % 2) as 0 | 1
      encoders.kill(input)
      await sleep(away)
      await encoders.start(input, isLocked)
      if (isLocked) locked++
      log(`${new Date().toISOString()}: input ${input + 1} is back, ${isLocked ? 'locked' : 'anew'}, after ${away} ms`)
    }
    await sleep(end - performance.now())
    stop()
    const watched = await watching
    const switches = windrow.log.split('switched to the other input').length - 1
    return { kills, locked, switches, watched }
  } finally {
    encoders.stop()
    await player.stop()
    await windrow.kill()
  }
}

/** An encoder at each input, with one programme between them. */
class Encoders {
  private readonly inputs: readonly Ingest[]
  private readonly encoded: string
  private readonly began = performance.now()
  private readonly running: Running[] = []

  constructor(inputs: readonly Ingest[], encoded: string) {
    this.inputs = inputs
    this.encoded = encoded
  }

  /** Takes up the programme where it is by the clock, timestamps and all, or begins at its first picture. */
  async start(input: 0 | 1, isLocked: boolean): Promise<void> {
    const now = (performance.now() - this.began) / 1000
    const from = Math.ceil(now)
    if (isLocked) await sleep((from - now) * 1000)
    const plan = { ingest: this.inputs[input]!, copy: temporaryFolder('copy'), encoded: this.encoded }
    this.running[input] = startPush({
      ...plan,
      seconds: WHOLE,
      segmentSeconds: SOURCE_SECONDS,
      ...(isLocked && { from }),
    })
  }

  kill(input: 0 | 1): void {
    this.running[input]!.child.kill('SIGKILL')
  }

  stop(): void {
    for (const { child } of this.running) child.kill('SIGKILL')
  }
}

/**
 * Every viewing at once, until `over` resolves. `begun` resolves when the picture of each moves. `free` leaves levels
 * and all other settings to the players.
 */
export function watchAll(
  player: Player,
  viewings: readonly Viewing[],
  urls: ReadonlyMap<string, string>,
  over: Promise<unknown>,
  free = false,
): { readonly watching: Promise<InTurn['watched']>; readonly begun: Promise<unknown> } {
  const each = viewings.map((viewing) => {
    let onBegin = () => {}
    const begun = new Promise<void>((resolve) => {
      onBegin = resolve
    })
    const watched = player.watch(viewing.engine, urls.get(viewing.output)!, over, { onBegin, free })
    return { begun, watched: watched.then((seen) => ({ ...viewing, ...seen })) }
  })
  const watching = Promise.all(each.map(({ watched }) => watched))
  watching.catch(() => {})
  // One that cannot begin fails at once, with its reason.
  const begun = Promise.all(each.map((viewing) => Promise.race([viewing.begun, viewing.watched])))
  return { watching, begun }
}

/**
 * None if every player went on to the end without a fatal error, and no picture stood still for longer than an input
 * may be missed: 1.5 output segments, and what a source segment takes to arrive. What the machine was late by is on
 * top.
 */
export function faultsOf(watched: InTurn['watched']): string[] {
  return watched.flatMap(
    ({ engine, output, segmentSeconds, stalls, errors, mediaSeconds, seconds, lateSeconds, frames }) => {
      const bound = 1.5 * segmentSeconds + SOURCE_SECONDS
      const stood = totalOf(stalls)
      const late = `the machine was late by ${lateSeconds.toFixed(2)} s`
      const faults = errors.filter((error) => error.includes('fatal'))
      for (const stall of stalls.filter((stall) => stall.seconds - stall.lateSeconds > bound)) {
        faults.push(`stood still for ${stall.seconds.toFixed(2)} s, ${bound} s may be; ${late}`)
      }
      if (mediaSeconds + stood < 0.9 * seconds - lateSeconds || frames === 0) {
        faults.push(`played ${mediaSeconds} s and stood still for ${stood} s of ${seconds} s; ${late}`)
      }
      return faults.map((fault) => `${engine} with ${output}: ${fault}`)
    },
  )
}

/** Seconds of standing still that a viewer notices. */
const NOTICED = 0.25

/** How each player fared: for a report. */
export function inWords(watched: InTurn['watched']): string[] {
  return watched.flatMap(({ engine, output, stalls, jumps, frames, dropped, errors, lateSeconds }) => {
    const [longest, all, late] = [longestOf(stalls), totalOf(stalls), lateSeconds].map(
      (seconds) => `${seconds.toFixed(2)} s`,
    )
    const played = `${jumps.length} jumps, ${frames} frames, ${dropped} dropped; the machine was late by ${late}`
    const noticed = stalls.filter(({ seconds }) => seconds >= NOTICED)
    return [
      `${engine}, ${output}: ${noticed.length} stalls, the longest ${longest}, ${all} in all; ${played}`,
      ...noticed.map(
        (stall) =>
          `  ${stall.seconds.toFixed(2)} s at ${stall.at.toFixed(2)}, ${stall.ahead.toFixed(2)} s in hand, ` +
          `the machine late by ${stall.lateSeconds.toFixed(2)} s`,
      ),
      ...counted(errors).map(([error, count]) => `  ${count} × ${error}`),
    ]
  })
}

/** A player may complain of one thing a thousand times. */
function counted(errors: readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const error of errors) counts.set(error, (counts.get(error) ?? 0) + 1)
  return [...counts]
}

/** In seconds. */
export const longestOf = (stalls: readonly Stall[]): number => Math.max(0, ...stalls.map(({ seconds }) => seconds))
export const totalOf = (stalls: readonly Stall[]): number => stalls.reduce((sum, { seconds }) => sum + seconds, 0)
