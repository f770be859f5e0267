import type { AudioDescription } from '../track.ts'

/** What audio frames state of themselves: a description without what the container adds. */
export type AudioParameters = Omit<AudioDescription, 'kind' | 'pid' | 'language'>
