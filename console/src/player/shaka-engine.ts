import shaka from 'shaka-player/dist/shaka-player.dash.js'
import { bitRateText } from '../amounts.ts'
import { type OpenEngine, qualityLabel, trackLabel } from './engine.ts'

/** Plays DASH. */
export const openShaka: OpenEngine = async (video, url, onFault) => {
  shaka.polyfill.installAll()
  if (!shaka.Player.isBrowserSupported()) throw new Error('This browser has no Media Source Extensions.')
  const player = new shaka.Player()
  player.addEventListener('error', (event) =>
    onFault(faultText((event as Event & { readonly detail: unknown }).detail)),
  )
  await player.attach(video)
  try {
    await player.load(url)
  } catch (error) {
    await player.destroy()
    throw new Error(faultText(error))
  }
  const indexOf = (tracks: readonly { readonly active: boolean }[]) => {
    const at = tracks.findIndex(({ active }) => active)
    return at < 0 ? undefined : String(at)
  }
  return {
    look() {
      const [videos, sounds, texts] = [player.getVideoTracks(), player.getAudioTracks(), player.getTextTracks()]
      const { liveLatency, estimatedBandwidth } = player.getStats()
      return {
        qualities: {
          all: videos.map(({ width, height, bandwidth }, n) => ({
            id: String(n),
            label: qualityLabel({ width: width ?? 0, height: height ?? 0 }, bitRateText(bandwidth)),
          })),
          shown: indexOf(videos),
        },
        isAdaptive: player.getConfiguration().abr.enabled,
        audio: {
          all: sounds.map(({ language, label }, n) => ({ id: String(n), label: trackLabel([label, language], n) })),
          shown: indexOf(sounds),
        },
        text: {
          all: texts.map(({ language, label }, n) => ({ id: String(n), label: trackLabel([label, language], n) })),
          shown: indexOf(texts),
        },
        latencySeconds: player.isLive() && Number.isFinite(liveLatency) ? liveLatency : undefined,
        bandwidthBitsPerSecond: Number.isFinite(estimatedBandwidth) ? estimatedBandwidth : undefined,
      }
    },
    chooseQuality(id) {
      player.configure({ abr: { enabled: id === undefined } })
      const track = id === undefined ? undefined : player.getVideoTracks()[Number(id)]
      if (track) player.selectVideoTrack(track, true)
    },
    chooseAudio(id) {
      const track = player.getAudioTracks()[Number(id)]
      if (track) player.selectAudioTrack(track)
    },
    chooseText(id) {
      player.selectTextTrack(id === undefined ? null : (player.getTextTracks()[Number(id)] ?? null))
    },
    close: () => void player.destroy(),
  }
}

function faultText(error: unknown): string {
  if (!(error instanceof shaka.util.Error)) return error instanceof Error ? error.message : String(error)
  const { category, code, data } = error
  const [first, second] = data as readonly unknown[]
  const detail = [first, second].filter((each) => typeof each === 'string' || typeof each === 'number').join(', ')
  return `shaka-player: error ${code} of category ${category}${detail === '' ? '' : `: ${detail}`}`
}
