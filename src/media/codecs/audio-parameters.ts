import type { AudioDescription } from '../track.ts'

/** A description of audio from its frames, without the facts that the container adds. */
export type AudioParameters = Omit<AudioDescription, 'kind' | 'pid' | 'language'>
