/**
 * What has set a setting. UNSET: nothing, and what it says of that applies. SYSTEM: more was set than the system
 * allows.
 */
export const SETTING_SOURCES = ['FLAG', 'ENVIRONMENT', 'FILE', 'DEFAULT', 'UNSET', 'SYSTEM'] as const
export type SettingSource = (typeof SETTING_SOURCES)[number]

/** A setting as it is in effect, and what has set it. */
export type EffectiveSetting = {
  readonly name: string
  readonly source: SettingSource
  /** The flag, the variable, or the file and line; otherwise the source in a word. */
  readonly where: string
  /** As it was written; absent where it is unset. The values of secrets are never told. */
  readonly value?: string | undefined
  readonly isSecret: boolean
  /** What it is for, in one or two sentences. */
  readonly says: string
  /** What applies when it is not set. */
  readonly otherwise: string
}

/** The settings, with the value to which the system limits one of them. */
export function limited(
  settings: readonly EffectiveSetting[],
  name: string,
  value: string,
): readonly EffectiveSetting[] {
  const limit = { source: 'SYSTEM', where: 'the limit of the system', value } as const
  return settings.map((setting) => (setting.name === name ? { ...setting, ...limit } : setting))
}
