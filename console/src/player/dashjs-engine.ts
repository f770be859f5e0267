import { Debug, MediaPlayer } from 'dashjs'
// Adds Smooth Streaming to it.
import 'dashjs/mss'
import { bitRateText } from '../amounts.ts'
import { type OpenEngine, qualityLabel, trackLabel } from './engine.ts'

/** Plays Smooth Streaming, which no other player of these knows. */
export const openDashjs: OpenEngine = async (video, url, onFault) => {
  const player = MediaPlayer().create()
  player.updateSettings({
    debug: { logLevel: Debug.LOG_LEVEL_NONE },
    // Otherwise it asks a server of somebody else for the time.
    streaming: { utcSynchronization: { enabled: false } },
  })
  player.on(MediaPlayer.events.ERROR, ({ error }) => {
    onFault(typeof error === 'string' ? `dash.js: ${error}` : `dash.js: error ${error.code}: ${error.message}`)
  })
  player.initialize(video, url, true)
  const reading = <T>(read: () => T, otherwise: T): T => {
    try {
      return read()
    } catch {
      // It throws until a stream has been read.
      return otherwise
    }
  }
  const adaptive = (isOn: boolean) =>
    player.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: isOn } } } })
  return {
    look: () =>
      reading(() => {
        const videos = player.getRepresentationsByType('video')
        const shown = player.getCurrentRepresentationForType('video')
        const [sounds, texts] = [player.getTracksFor('audio'), player.getTracksFor('text')]
        const heard = player.getCurrentTrackFor('audio')
        const latency = player.getCurrentLiveLatency()
        const throughput = player.getAverageThroughput('video')
        return {
          qualities: {
            all: videos.map(({ width, height, bandwidth }, n) => ({
              id: String(n),
              label: qualityLabel({ width, height }, bitRateText(bandwidth)),
            })),
            shown: shown ? String(videos.findIndex(({ id }) => id === shown.id)) : undefined,
          },
          isAdaptive: player.getSettings().streaming?.abr?.autoSwitchBitrate?.video ?? true,
          audio: {
            all: sounds.map(({ lang }, n) => ({ id: String(n), label: trackLabel([lang], n) })),
            shown: heard ? String(sounds.findIndex(({ index }) => index === heard.index)) : undefined,
          },
          text: {
            all: texts.map(({ lang }, n) => ({ id: String(n), label: trackLabel([lang], n) })),
            shown: player.isTextEnabled() ? String(player.getCurrentTextTrackIndex()) : undefined,
          },
          latencySeconds: Number.isFinite(latency) && latency > 0 ? latency : undefined,
          bandwidthBitsPerSecond: Number.isFinite(throughput) && throughput > 0 ? throughput * 1000 : undefined,
        }
      }, NOTHING),
    chooseQuality(id) {
      adaptive(id === undefined)
      if (id !== undefined) player.setRepresentationForTypeByIndex('video', Number(id), true)
    },
    chooseAudio(id) {
      const track = player.getTracksFor('audio')[Number(id)]
      if (track) player.setCurrentTrack(track)
    },
    chooseText(id) {
      player.enableText(id !== undefined)
      if (id !== undefined) player.setTextTrack(Number(id))
    },
    close: () => player.destroy(),
  }
}

const NONE = { all: [], shown: undefined }
const NOTHING = {
  qualities: NONE,
  isAdaptive: true,
  audio: NONE,
  text: NONE,
  latencySeconds: undefined,
  bandwidthBitsPerSecond: undefined,
}
