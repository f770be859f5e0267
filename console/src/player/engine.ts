/** A quality, or a track of sound or text, that a viewer can choose. */
export type Choice = { readonly id: string; readonly label: string }

/** What there is to choose of a kind. */
export type Choices = {
  readonly all: readonly Choice[]
  /** What is shown now, or heard; undefined where nothing is, or nothing tells. */
  readonly shown: string | undefined
}

/** What a player tells of what it plays, as it is now. */
export type Playback = {
  readonly qualities: Choices
  /** True while the player chooses the quality by itself. */
  readonly isAdaptive: boolean
  readonly audio: Choices
  readonly text: Choices
  /** How far it plays behind what is newest; undefined where nothing tells. */
  readonly latencySeconds: number | undefined
  /** What the network gives, as the player has measured it. */
  readonly bandwidthBitsPerSecond: number | undefined
}

/** A player at work in a `<video>` element. */
export type Engine = {
  look(): Playback
  /** Undefined leaves it to the player. */
  chooseQuality(id: string | undefined): void
  chooseAudio(id: string): void
  /** Undefined shows none. */
  chooseText(id: string | undefined): void
  close(): void
}

/** Begins to play a manifest; `onFault` hears why playback has ended, in words. Rejects where it cannot begin. */
export type OpenEngine = (video: HTMLVideoElement, url: string, onFault: (fault: string) => void) => Promise<Engine>

/** What a quality is called: `1280×720, 2.5 Mbit/s`. */
export function qualityLabel(size: { width?: number; height?: number }, rate: string): string {
  const { width, height } = size
  return width && height ? `${width}×${height}, ${rate}` : rate
}

/** What a track is called, by what is known of it. */
export function trackLabel(names: readonly (string | null | undefined)[], n: number): string {
  const known = [...new Set(names.filter((name) => name && name !== 'und'))]
  return known.length > 0 ? known.join(', ') : `Track ${n + 1}`
}
