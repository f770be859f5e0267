import type { AudioDescription } from '../track.ts'

/** What frames say of themselves: a description without what the container adds. */
export type AudioParameters = Omit<AudioDescription, 'kind' | 'pid' | 'language'>
