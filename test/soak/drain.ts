import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get as getPlain, type IncomingMessage } from 'node:http'
import { get as getByTls, type Agent as TlsAgent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLS_HOST, TlsServer } from '../e2e/tls-server.ts'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { encodeLoop } from '../judges/loop.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'drain'

const [PLAYERS, RESTARTS, PAUSE_MS] = [200, 3, 700]

/** A player on a connection that it keeps: half of them over TLS. It goes on through restarts. */
class Player {
  answered = 0
  /** Requests of which no byte of a response came, by the code of the error: while no process listens. */
  readonly unanswered = new Map<string, number>()
  readonly cut: string[] = []
  private readonly server: TlsServer
  private readonly byTls: boolean
  private readonly agent: Agent | TlsAgent

  constructor(server: TlsServer, byTls: boolean) {
    this.server = server
    this.byTls = byTls
    this.agent = byTls ? server.agent() : new Agent({ keepAlive: true, maxSockets: 1 })
  }

  async play(manifest: string, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const text = await this.get(manifest)
      const last = text?.split('\n').findLast((line) => line !== '' && !line.startsWith('#'))
      if (last) await this.get(new URL(last, `http://a${manifest}`).pathname)
      await sleep(PAUSE_MS)
    }
    this.agent.destroy()
  }

  private async get(path: string): Promise<string | undefined> {
    const { port, authority, windrow } = this.server
    const sent = this.byTls
      ? getByTls({
          host: '127.0.0.1',
          port,
          path,
          servername: TLS_HOST,
          ca: authority.certificate,
          agent: this.agent,
        })
      : getPlain(`${windrow.url}${path}`, { agent: this.agent })
    let response: IncomingMessage | undefined
    try {
      ;[response] = (await once(sent, 'response')) as [IncomingMessage]
      let text = ''
      for await (const chunk of response.setEncoding('latin1')) text += chunk
      if (response.statusCode === 200) this.answered++
      else this.cut.push(`${path} was answered ${response.statusCode}`)
      return text
    } catch (error) {
      const { code = 'no code', message } = error as NodeJS.ErrnoException
      // Before a response, a request may be sent again, as browsers do (RFC 9110 §9.2.2).
      if (!response) this.unanswered.set(code, (this.unanswered.get(code) ?? 0) + 1)
      else this.cut.push(`${path}: ${message}`)
      return undefined
    }
  }
}

/** 200 players and an encoder, through three SIGTERMs: no response is cut, and what the encoder sends arrives. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  // As long as a balancer would need, and players to come back for another playlist.
  const server = await TlsServer.start({ WINDROW_DRAIN_DELAY: '2s' })
  const { windrow } = server
  const client = mediaPackage(windrow)
  const ingest = await createChannel(client, 'live')
  const url = await createHlsEndpoint(client, 'live', 'hls')
  const here = (target: string) => `${windrow.url}${new URL(target).pathname}`
  const pusher = new Pusher({ ...ingest, url: here(ingest.url) }, await encodeLoop(), Date.now())
  await pusher.pushParent()
  for (let n = 0; n < 6; n++) await pusher.pushNext()
  let over = false
  const encoder = (async () => {
    for (; !over; await sleep(500)) await pusher.pushNext()
  })()
  const parent = await eventually('the manifest', async () => {
    const response = await fetch(here(url))
    return response.ok ? response.text() : undefined
  })
  const variant = parent.split('\n').find((line) => line !== '' && !line.startsWith('#'))!
  const manifest = new URL(variant, here(url)).pathname
  const players = Array.from({ length: PLAYERS }, (_, i) => new Player(server, i % 2 === 0))
  const playing = Promise.all(players.map((player) => player.play(manifest, () => over)))
  const total = (of: (player: Player) => number) => players.reduce((sum, player) => sum + of(player), 0)
  const all = () => total(({ answered }) => answered)

  for (let restart = 0; restart < RESTARTS; restart++) {
    const before = all()
    await eventually('all to play', () => all() > before + 4 * PLAYERS || undefined)
    const published = pusher.published
    const began = performance.now()
    assert.equal(await windrow.stop(), 0)
    const stopped = performance.now()
    await windrow.start()
    await eventually('the encoder to go on', () => pusher.published > published + 2 || undefined)
    log(
      `stopped in ${((stopped - began) / 1000).toFixed(1)} s, back after ${((performance.now() - stopped) / 1000).toFixed(1)} s`,
    )
  }
  const before = all()
  await eventually('all to play on', () => all() > before + 4 * PLAYERS || undefined)
  over = true
  await Promise.all([encoder, playing])
  const cut = players.flatMap((player) => player.cut)
  assert.deepEqual(cut.slice(0, 10), [])
  await windrow.stop()
  const codes = new Map<string, number>()
  for (const { unanswered } of players) for (const [code, n] of unanswered) codes.set(code, (codes.get(code) ?? 0) + n)
  return {
    players: PLAYERS,
    restarts: RESTARTS,
    'responses, all whole': all(),
    'requests without a response': [...codes].map(([code, count]) => `${count} × ${code}`).join(', '),
    'segments taken': pusher.published,
  }
}
