import assert from 'node:assert/strict'
import { it } from 'node:test'
import { decodedPlaylist } from './decoded-playlist.ts'

it('a playlist in UTF-8 is its text, a byte order mark included', () => {
  const text = '\ufeff#EXTM3U\n#EXTINF:2,zürich 📺\na.ts\n'
  assert.deepEqual(decodedPlaylist(Buffer.from(text)), { text, habits: [] })
})

it('a line that is not UTF-8 is read as Windows-1252, the others as UTF-8, and noted', () => {
  const bytes = Buffer.concat([Buffer.from('#EXTM3U\nzürich.ts\n'), Buffer.from('z\xfcrich.ts\r\n', 'latin1')])
  assert.deepEqual(decodedPlaylist(bytes), {
    text: '#EXTM3U\nzürich.ts\nzürich.ts\r\n',
    habits: [{ habit: 'not-utf-8', example: 'line 3: zürich.ts\r' }],
  })
})

it('characters of Windows-1252 that Latin-1 lacks are read, in the first line and in the last', () => {
  const bytes = Buffer.from('#EXTM3U \x80\n\n#EXTINF:2,\na\x97b.ts', 'latin1')
  const { text, habits } = decodedPlaylist(bytes)
  assert.equal(text, '#EXTM3U €\n\n#EXTINF:2,\na—b.ts')
  assert.deepEqual(habits, [{ habit: 'not-utf-8', example: 'line 1: #EXTM3U €' }])
})

it('4 MiB of lines that are not UTF-8 hold up the loop no longer than other text', () => {
  const before = process.cpuUsage()
  decodedPlaylist(Buffer.from('\xff\n'.repeat(2 ** 21), 'latin1'))
  const { user } = process.cpuUsage(before)
  // An exception for each line takes half a minute.
  assert.ok(user < 10_000_000, `${user} µs`)
})
