import type { ValueKind } from './value-kind.ts'

type Declared<T> = {
  /** The name, which gives flag `--name`, key `name` and environment variable `WINDROW_NAME`. */
  readonly name: string
  readonly kind: ValueKind<T>
  /** Description in one or two sentences, for a person who runs Windrow. */
  readonly says: string
  /** Secrets have no flag: everyone on the machine can see a process's arguments. */
  readonly secret?: true
  /** The setting names the file itself, so the file cannot hold it. */
  readonly notInFile?: true
}

/** A setting whose default is written the way a person would write it. */
export type SettingWithDefault<T> = Declared<T> & { readonly default: string }
/** A setting without a default; `otherwise` says what applies when it is not set. */
export type OptionalSetting<T> = Declared<T> & { readonly otherwise: string }
export type Setting<T> = SettingWithDefault<T> | OptionalSetting<T>

export const preset = <T>(name: string, kind: ValueKind<T>, value: string, says: string): SettingWithDefault<T> => ({
  name,
  kind,
  default: value,
  says,
})

export const unset = <T>(name: string, kind: ValueKind<T>, otherwise: string, says: string): OptionalSetting<T> => ({
  name,
  kind,
  otherwise,
  says,
})
