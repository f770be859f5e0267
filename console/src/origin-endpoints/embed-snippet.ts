import type { Format } from './manifests.ts'

/** A page's part that plays a manifest, with the player that knows its format, from a public CDN of packages. */
export function embedSnippet(format: Format, url: string): string {
  const text = scriptText(url)
  const video = '<video id="player" controls muted autoplay playsinline width="640"></video>'
  switch (format) {
    case 'HLS':
    case 'CMAF':
      return [
        video,
        '<script src="https://cdn.jsdelivr.net/npm/hls.js@1.7.4/dist/hls.min.js"></script>',
        '<script>',
        `  const url = ${text}`,
        "  const video = document.getElementById('player')",
        '  if (Hls.isSupported()) {',
        '    const hls = new Hls()',
        '    hls.loadSource(url)',
        '    hls.attachMedia(video)',
        '  } else video.src = url // Safari on phones',
        '</script>',
      ].join('\n')
    case 'DASH':
      return [
        video,
        '<script src="https://cdn.jsdelivr.net/npm/shaka-player@5.2.12/dist/shaka-player.compiled.js"></script>',
        '<script>',
        '  const player = new shaka.Player()',
        `  player.attach(document.getElementById('player')).then(() => player.load(${text}))`,
        '</script>',
      ].join('\n')
    case 'Smooth Streaming':
      return [
        video,
        '<script src="https://cdn.jsdelivr.net/npm/dashjs@5.2.1/dist/modern/umd/dash.all.min.js"></script>',
        '<script src="https://cdn.jsdelivr.net/npm/dashjs@5.2.1/dist/modern/umd/dash.mss.min.js"></script>',
        '<script>',
        '  const player = dashjs.MediaPlayer().create()',
        '  player.updateSettings({ streaming: { utcSynchronization: { enabled: false } } })',
        `  player.initialize(document.getElementById('player'), ${text}, true)`,
        '</script>',
      ].join('\n')
  }
}

/** A text within a script of a page, where it can neither end its string nor the script. */
const scriptText = (text: string) =>
  JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
