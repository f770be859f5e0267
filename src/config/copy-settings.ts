import { type OptionalSetting, type Setting, unset } from './setting.ts'
import { SETTINGS } from './settings.ts'
import { choice, databaseUrl, text } from './value-kind.ts'

/** The settings that `windrow archive copy` has beside those of the server whose archive is copied. */
export const COPY_SETTINGS = {
  toDataFolder: unset(
    'to-data',
    text('DIR'),
    'the copy is in a database and a bucket',
    'The data folder that is to have the copy; created when missing.',
  ),
  toDatabaseUrl: {
    ...unset(
      'to-database-url',
      databaseUrl,
      'the copy is in a data folder',
      'The PostgreSQL database that is to have the copy.',
    ),
    secret: true,
  },
  toArchiveBucket: unset(
    'to-archive-bucket',
    SETTINGS.archiveBucket.kind,
    'the copy is in a data folder',
    'The bucket that is to have its media.',
  ),
  only: unset(
    'only',
    choice('media'),
    'everything, while no server uses the archive',
    '`media` copies media alone, ahead of the rest, while the server runs.',
  ),
} as const satisfies Readonly<Record<string, Setting<unknown>>>

/** The value of each, undefined where none was given. */
export type CopySettings = {
  readonly [Key in keyof typeof COPY_SETTINGS]:
    | ((typeof COPY_SETTINGS)[Key] extends OptionalSetting<infer T> ? T : never)
    | undefined
}

export const copySettingList: readonly (readonly [keyof CopySettings, Setting<unknown>])[] = Object.entries(
  COPY_SETTINGS,
).map(([key, setting]) => [key as keyof CopySettings, setting])
