import type { Config } from './config.ts'
import type { KeptKeyPair } from './credentials.ts'
import { publicAddresses } from './listening.ts'

/** What a server prints when it is ready at these URLs. */
export function readyText(
  config: Config,
  keys: KeptKeyPair,
  {
    url,
    apiUrl: api,
    consoleUrl,
  }: { readonly url: string; readonly apiUrl: string; readonly consoleUrl: string | undefined },
): string {
  const { publicUrl, region } = config
  // Nobody can tell what others reach.
  const isEverywhere = publicAddresses(config).some(({ address }) => ['0.0.0.0', '::'].includes(address.host))
  const isUnsure = publicUrl === undefined && (isEverywhere || config.tlsListen !== undefined)
  const note = `note   encoders and players are given ${url}: set --public-url to an address that they can reach\n`
  const keyFile = keys.file && `AWS_SHARED_CREDENTIALS_FILE=${shellWord(keys.file)}`
  return `
Windrow is ready at ${url}

  data   ${config.dataFolder}
  keys   ${keys.file ?? 'the configured access-key-id and secret-access-key'}
${consoleUrl === undefined ? '' : `  open   ${consoleUrl}\n`}  try    ${keyFile ? `${keyFile} \\\n         ` : ''}aws --endpoint-url ${shellWord(api)} --region ${region} mediapackage list-channels
${isUnsure ? `  ${note}` : ''}
`
}

function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
