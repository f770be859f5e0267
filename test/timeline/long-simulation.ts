import { seededRandom } from '../judges/random.ts'
import { CHANGES, ChannelSimulation, secondsOf } from './channel-simulation.ts'
import { Invariants } from './invariants.ts'

/** Output segments kept of each output timeline; viewers look back no further. */
const KEPT = 400

/**
 * A channel on the air for so long, six-second segments from two encoders, something happening to one of them every few
 * minutes in a seeded order; looked at after each. Returns what there was.
 */
export async function simulateFor(
  seconds: number,
  seed: number,
): Promise<{ segments: number; switches: number; eras: number }> {
  const random = seededRandom(seed)
  const life = new ChannelSimulation(6, { isLocked: random.pick([true, false]), tickMs: 3000 })
  const watchers = [6, 12].map((duration, id) => {
    life.channel.open(id, duration)
    return new Invariants(life.channel, id)
  })
  let segments = 0
  while (secondsOf(life.channel) < seconds) {
    life.take({ who: random.pick(['A', 'B']), change: random.pick(CHANGES), segments: random.integer(1, 60) })
    for (const watcher of watchers) {
      segments += await watcher.look()
      watcher.forget(KEPT)
    }
    for (const { sealed } of Object.values(life.channel.inputs)) sealed.splice(0, Math.max(sealed.length - KEPT, 0))
    life.channel.puts.clear()
  }
  return { segments, switches: life.channel.switches.length, eras: life.channel.eras.size }
}
