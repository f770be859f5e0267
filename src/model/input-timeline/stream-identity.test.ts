import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ListedStream } from '../listed-playlist.ts'
import { type IdentifiedStreams, identifyStreams } from './stream-identity.ts'

const variant = (playlist: string, bandwidth = 1_000_000): ListedStream => ({
  index: 0,
  playlist,
  role: { kind: 'variant', bandwidth },
})

const sound = (playlist: string, language: string): ListedStream => ({
  index: 0,
  playlist,
  role: { kind: 'audio', groupId: 'a', name: language, language, isDefault: true, autoselect: true },
})

/** The playlists of the newest of several parent playlists, with their indexes. */
function indexes(parents: readonly (readonly ListedStream[])[], peer?: IdentifiedStreams): string {
  let known: IdentifiedStreams = {}
  for (const listed of parents) known = identifyStreams(listed, known, peer)
  return (known.streams ?? []).map(({ playlist, index }) => `${playlist}=${index}`).join(' ')
}

describe('the index of a stream', () => {
  it('is its place in the first parent playlist', () => {
    assert.equal(indexes([[variant('a'), variant('b'), sound('s', 'en')]]), 'a=1 b=2 s=3')
  })

  it('stays when another is added in front, between or behind, or is taken away', () => {
    const [a, b, s] = [variant('a', 1), variant('b', 2), sound('s', 'en')]
    assert.equal(indexes([[b], [a, b]]), 'a=2 b=1')
    assert.equal(
      indexes([
        [a, s],
        [a, b, s],
      ]),
      'a=1 b=3 s=2',
    )
    assert.equal(
      indexes([
        [a, b, s],
        [b, s],
      ]),
      'b=2 s=3',
    )
    assert.equal(
      indexes([
        [a, b, s],
        [b, s],
        [a, b, s],
      ]),
      'a=1 b=2 s=3',
      'and comes back with it',
    )
    assert.equal(
      indexes([
        [a, b],
        [b, a],
      ]),
      'b=2 a=1',
    )
  })

  it('is not given to another variant while one of the old ones goes on', () => {
    assert.equal(
      indexes([
        [variant('a', 1), variant('b', 2)],
        [variant('c', 3), variant('b', 2)],
      ]),
      'c=3 b=2',
    )
  })

  it('goes over to the stream of the same attributes under a new name', () => {
    const before = [variant('a-1', 1), variant('b-1', 2), sound('s-1', 'en'), sound('t-1', 'de')]
    const after = [variant('b-2', 2), variant('a-2', 1), sound('t-2', 'de'), sound('s-2', 'en')]
    assert.equal(indexes([before, after]), 'b-2=2 a-2=1 t-2=4 s-2=3')
  })

  it('goes over by resolution and language when all are renamed and measured anew', () => {
    const tall = (playlist: string, height: number, bandwidth: number): ListedStream => ({
      index: 0,
      playlist,
      role: { kind: 'variant', bandwidth, resolution: { width: (height * 16) / 9, height } },
    })
    const named = (playlist: string, language: string): ListedStream => {
      const { role, ...stream } = sound(playlist, language)
      return { ...stream, role: { ...role, name: playlist } as ListedStream['role'] }
    }
    const before = [tall('a-1', 720, 30), tall('b-1', 360, 10), named('s-1', 'en'), named('t-1', 'de')]
    const after = [tall('c-2', 1080, 90), tall('a-2', 720, 31), tall('b-2', 360, 11)]
    assert.equal(indexes([before, after]), 'c-2=5 a-2=1 b-2=2', 'another in front')
    assert.equal(indexes([before, [tall('b-2', 360, 11), tall('a-2', 720, 31)]]), 'b-2=2 a-2=1', 'another order')
    assert.equal(
      indexes([before, [tall('a-2', 720, 31), named('t-2', 'de'), named('s-2', 'en')]]),
      'a-2=1 t-2=4 s-2=3',
      'sound in another order',
    )
  })

  it('goes over by place when all are others', () => {
    assert.equal(
      indexes([
        [variant('a', 1), variant('b', 2)],
        [variant('c', 3), variant('d', 4)],
      ]),
      'c=1 d=2',
    )
  })

  it('tells languages of one playlist apart', () => {
    const [en, de] = [sound('s', 'en'), sound('s', 'de')]
    assert.equal(
      indexes([
        [variant('a'), en, sound('t', 'fr')],
        [variant('a'), de, sound('t', 'fr')],
      ]),
      'a=1 s=4 t=3',
    )
  })

  it('is the same on both inputs of a channel', () => {
    const peer = identifyStreams([variant('a', 1), variant('b', 2)], identifyStreams([variant('b', 2)], {}))
    assert.equal(indexes([[variant('a', 1), variant('b', 2)]], peer), 'a=2 b=1')
    assert.equal(indexes([[variant('x', 1), variant('y', 2)]], peer), 'x=2 y=1', 'by attributes')
    assert.equal(indexes([[variant('x', 7), variant('y', 8)]], peer), 'x=2 y=1', 'by place')
  })

  it('is that of a state which was saved before indexes were', () => {
    const streams = [
      { ...variant('a'), index: 1 },
      { ...variant('b', 2), index: 2 },
    ]
    const { streams: after } = identifyStreams([variant('c', 3), variant('a'), variant('b', 2)], { streams })
    assert.deepEqual(
      after.map(({ playlist, index }) => `${playlist}=${index}`),
      ['c=3', 'a=1', 'b=2'],
    )
  })

  it('is remembered of no more than a few dozen streams', () => {
    let known: IdentifiedStreams = {}
    for (let i = 0; i < 500; i++) known = identifyStreams([variant('a', 1), variant(`v${i}`, i + 10)], known)
    assert.ok(Object.keys(known.streamIndexes ?? {}).length <= 66)
    assert.equal(known.streams?.[0]?.index, 1)
  })
})
