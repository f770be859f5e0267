import { type ContentKeys, NoContentKey } from '../packaging/content-keys.ts'

const refuse = async (): Promise<never> => {
  throw new NoContentKey('no key provider is known')
}

/** The keys of a server without key providers. */
export const NO_KEYS: ContentKeys = { find: refuse, describe: refuse, onRecord: refuse }
