import type { Sps } from './h264.ts'
import type { ProfileTierLevel } from './hevc.ts'

/** CODECS of H.264, RFC 6381 §3.3: profile, constraint flags and level in hexadecimal. */
export function avcCodec({ profile, constraints, level }: Pick<Sps, 'profile' | 'constraints' | 'level'>): string {
  return `avc1.${[profile, constraints, level].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/**
 * CODECS of HEVC, ISO/IEC 14496-15 §E.3: profile space and profile, compatibility flags in reverse bit order, tier
 * and level, and the constraint bytes up to the last that is not 0.
 */
export function hevcCodec(profileTierLevel: ProfileTierLevel): string {
  const { profileSpace, profile, compatibility, tier, level, constraints } = profileTierLevel
  const said = constraints.slice(0, constraints.findLastIndex((byte) => byte !== 0) + 1)
  return [
    'hvc1',
    `${['', 'A', 'B', 'C'][profileSpace]}${profile}`,
    hexadecimal(reversedBits(compatibility)),
    `${tier === 0 ? 'L' : 'H'}${level}`,
    ...said.map(hexadecimal),
  ].join('.')
}

function hexadecimal(value: number): string {
  return value.toString(16).toUpperCase()
}

/** Reverses the 32 bits of a number. */
function reversedBits(value: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed = reversed * 2 + ((value >>> bit) & 1)
  return reversed
}

/** CODECS of AAC, RFC 6381 §3.3: MPEG-4 audio (object type indication 0x40) with the audio object type in decimal. */
export function aacCodec(objectType: number): string {
  return `mp4a.40.${objectType}`
}
