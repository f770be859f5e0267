import type { Sps } from './h264.ts'

/** RFC 6381 §3.3: profile, constraint flags and level in hexadecimal. */
export function avcCodec({ profile, constraints, level }: Pick<Sps, 'profile' | 'constraints' | 'level'>): string {
  return `avc1.${[profile, constraints, level].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** RFC 6381 §3.3: MPEG-4 audio (object type indication 0x40) with the audio object type in decimal. */
export function aacCodec(objectType: number): string {
  return `mp4a.40.${objectType}`
}
