import Hls from 'hls.js'
import { bitRateText } from '../amounts.ts'
import { type Choices, type OpenEngine, qualityLabel, trackLabel } from './engine.ts'

/** Plays HLS, with segments of MPEG-TS and of CMAF. */
export const openHls: OpenEngine = async (video, url, onFault) => {
  if (!Hls.isSupported()) throw new Error('This browser has no Media Source Extensions, which hls.js needs.')
  // Workers would be made of text, which the page's Content-Security-Policy forbids.
  const hls = new Hls({ enableWorker: false })
  let recoveries = 0
  hls.on(Hls.Events.ERROR, (_, { fatal, type, details, response, error }) => {
    if (!fatal) return
    if (type === Hls.ErrorTypes.MEDIA_ERROR && recoveries++ < 2) return hls.recoverMediaError()
    const status = response?.code ? ` (HTTP ${response.code})` : ''
    onFault(`hls.js: ${details}${status}: ${error.message}`)
  })
  hls.loadSource(url)
  hls.attachMedia(video)
  return {
    look: () => ({
      qualities: {
        all: hls.levels.map(({ width, height, bitrate }, n) => ({
          id: String(n),
          label: qualityLabel({ width, height }, bitRateText(bitrate)),
        })),
        shown: hls.currentLevel < 0 ? undefined : String(hls.currentLevel),
      },
      isAdaptive: hls.autoLevelEnabled,
      audio: {
        all: hls.audioTracks.map(({ name, lang }, n) => ({ id: String(n), label: trackLabel([name, lang], n) })),
        shown: hls.audioTrack < 0 ? undefined : String(hls.audioTrack),
      },
      text: nativeTexts(video),
      latencySeconds: Number.isFinite(hls.liveSyncPosition ?? Number.NaN) ? hls.latency : undefined,
      bandwidthBitsPerSecond: Number.isFinite(hls.bandwidthEstimate) ? hls.bandwidthEstimate : undefined,
    }),
    chooseQuality(id) {
      hls.nextLevel = id === undefined ? -1 : Number(id)
    },
    chooseAudio(id) {
      hls.audioTrack = Number(id)
    },
    chooseText(id) {
      for (const [n, track] of shownTexts(video).entries()) track.mode = String(n) === id ? 'showing' : 'disabled'
    },
    close: () => hls.destroy(),
  }
}

/** Subtitles, and captions in pictures: hls.js makes tracks of the `<video>` element of both. */
const shownTexts = (video: HTMLVideoElement): TextTrack[] =>
  [...video.textTracks].filter(({ kind }) => kind === 'subtitles' || kind === 'captions')

function nativeTexts(video: HTMLVideoElement): Choices {
  const tracks = shownTexts(video)
  const shown = tracks.findIndex(({ mode }) => mode === 'showing')
  return {
    all: tracks.map(({ label, language }, n) => ({ id: String(n), label: trackLabel([label, language], n) })),
    shown: shown < 0 ? undefined : String(shown),
  }
}
