import { KeyProviderFailed } from './key-provider.ts'

/** Throws KeyProviderFailed; `what` says what a key server answered with. */
export function badAnswer(what: string): never {
  throw new KeyProviderFailed(`The key server answered with ${what}.`)
}
