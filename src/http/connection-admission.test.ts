import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { ClientNetworks } from './client-networks.ts'
import { ConnectionAdmission } from './connection-admission.ts'
import { trustConnection } from './trusted-connections.ts'

const silent = { info() {}, warn() {}, error() {} }

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string
  destroyed = false

  constructor(remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }

  destroy(): this {
    if (!this.destroyed) queueMicrotask(() => this.emit('close'))
    this.destroyed = true
    return this
  }
}

/** Opens connections one after the other. */
function doorOf(maxConnections: number, maxConnectionsPerAddress = maxConnections) {
  const limits = { maxConnections, maxConnectionsPerAddress }
  const admission = new ConnectionAdmission(limits, new ClientNetworks(), silent)
  const open = (address: string, phase?: 'idle' | 'busy' | 'trusted') => {
    const socket = new FakeSocket(address)
    const connection = admission.admit(socket as unknown as Socket)
    if (connection && phase === 'trusted') trustConnection(socket as unknown as Socket)
    if (connection && phase) admission.enterPhase(connection, phase === 'idle' ? 'idle' : 'busy')
    const isPlayers = connection !== undefined && admission.servesPlayers(connection)
    return { socket, connection, place: connection ? (isPlayers ? 'ordinary' : 'reserved') : 'none' }
  }
  return { admission, open }
}

const times = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at))

describe('admission of connections', () => {
  it('closes those without a request first, then the idle ones that were open longest', () => {
    const { open } = doorOf(4)
    const [idle, unused] = [open('192.0.2.1', 'idle'), open('192.0.2.2')]
    const third = open('192.0.2.3', 'busy')
    assert.deepEqual([unused.socket.destroyed, idle.socket.destroyed], [true, false])
    const fourth = open('192.0.2.4', 'busy')
    assert.equal(idle.socket.destroyed, true)
    assert.deepEqual([third.place, fourth.place], ['ordinary', 'ordinary'])
  })

  for (const maxConnections of [40, 1000]) {
    it(`keeps a part of ${maxConnections} for others than players, at most a quarter of it for one client`, () => {
      const { open } = doorOf(maxConnections)
      const reserved = Math.max(16, maxConnections / 20)
      const players = times(maxConnections - reserved, () => open('192.0.2.1', 'busy'))
      assert.ok(players.every(({ place }) => place === 'ordinary'))
      const more = times(maxConnections, () => open('192.0.2.1', 'busy'))
      assert.ok(more.every(({ place }) => place === 'reserved'))
      // Beyond its part, a client only closes its own.
      assert.equal(more.filter(({ socket }) => !socket.destroyed).length, Math.ceil(reserved / 4))
      assert.ok(players.every(({ socket }) => !socket.destroyed))
      const encoder = open('198.51.100.1', 'trusted')
      assert.equal(encoder.place, 'reserved')
      const attackers = times(10 * maxConnections, (at) => open(`203.0.${at % 9}.1`, 'busy'))
      assert.ok(attackers.every(({ place }) => place === 'reserved'))
      assert.equal(encoder.socket.destroyed, false)
    })
  }

  it('never closes a connection on which a request was authenticated', () => {
    const { open } = doorOf(40)
    const trusted = times(40, (at) => open(`192.0.2.${at}`, 'trusted'))
    assert.ok(trusted.every(({ place }) => place !== 'none'))
    assert.equal(open('198.51.100.1').place, 'none')
    assert.ok(trusted.every(({ socket }) => !socket.destroyed))
  })

  it('limits the connections of one address or IPv6 /64, for which only its own are closed', () => {
    for (const [one, same, other] of [
      ['192.0.2.1', '192.0.2.1', '192.0.2.2'],
      ['2001:db8::1', '2001:db8::ffff:1', '2001:db8:0:1::1'],
    ] as const) {
      const { open } = doorOf(1000, 3)
      const bystander = open(other)
      const first = times(3, () => open(one, 'busy'))
      const idle = open(same, 'idle')
      assert.equal(idle.place, 'reserved')
      assert.deepEqual([open(other, 'busy').place, open(other, 'busy').place], ['ordinary', 'ordinary'])
      assert.deepEqual(
        [bystander, ...first].map(({ socket }) => socket.destroyed),
        [false, false, false, false],
      )
    }
  })

  it('gives a place to players again once there is one', async () => {
    const { admission, open } = doorOf(40)
    const busy = times(24, (at) => open(`192.0.2.${at}`, 'busy'))
    const late = open('198.51.100.1', 'busy')
    assert.equal(late.place, 'reserved')
    busy[0]!.socket.destroy()
    await Promise.resolve()
    assert.ok(admission.servesPlayers(late.connection!))
    assert.equal(open('198.51.100.2', 'busy').place, 'reserved')
  })
})
