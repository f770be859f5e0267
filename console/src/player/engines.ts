import type { OpenEngine } from './engine.ts'

/** How a manifest is written, which decides who plays it. */
export type PlayedFormat = 'HLS' | 'CMAF' | 'DASH' | 'Smooth Streaming'

/** The player of each format, which is loaded when it is needed. */
export const ENGINES: Readonly<
  Record<PlayedFormat, { readonly name: string; readonly load: () => Promise<OpenEngine> }>
> = {
  HLS: { name: 'hls.js', load: async () => (await import('./hls-engine.ts')).openHls },
  CMAF: { name: 'hls.js', load: async () => (await import('./hls-engine.ts')).openHls },
  DASH: { name: 'shaka-player', load: async () => (await import('./shaka-engine.ts')).openShaka },
  'Smooth Streaming': { name: 'dash.js', load: async () => (await import('./dashjs-engine.ts')).openDashjs },
}
