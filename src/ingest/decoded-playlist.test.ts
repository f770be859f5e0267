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
