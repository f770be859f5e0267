import { ByteWriter } from '../../src/media/bytes.ts'
import { writeProtectionSystem } from '../../src/media/mp4/protection-system.ts'
import { PLAYREADY, WIDEVINE } from '../../src/model/drm-systems.ts'
import type { Encryption, EncryptionContractConfiguration } from '../../src/model/encryption.ts'
import { sampleEncryption } from './sample-encryption.ts'
import type { SampleSystems } from './sample-keys.ts'

/** The settings of an endpoint with two DRM systems; a key lasts ten seconds where keys rotate. */
export function systemsEncryption<Method extends string>(
  method: Method,
  { rotates = false, presets, systemIds = [WIDEVINE, PLAYREADY], ...more }: SystemsSketch = {},
): Encryption<Method> {
  const encryption = sampleEncryption(method, { keyRotationIntervalSeconds: rotates ? 10 : 0, systemIds, ...more })
  if (!presets) return encryption
  const [presetSpeke20Video, presetSpeke20Audio] = presets
  const encryptionContractConfiguration = { presetSpeke20Video, presetSpeke20Audio }
  return { ...encryption, spekeKeyProvider: { ...encryption.spekeKeyProvider, encryptionContractConfiguration } }
}

export type SystemsSketch = {
  readonly rotates?: boolean
  readonly systemIds?: readonly string[]
  readonly presets?: readonly [
    video: EncryptionContractConfiguration['presetSpeke20Video'],
    audio: EncryptionContractConfiguration['presetSpeke20Audio'],
  ]
  readonly constantInitializationVector?: string
}

export const hexId = (uuid: string): string => uuid.replaceAll('-', '')

/** What a provider says for DASH and CMAF: Widevine as a box alone, PlayReady as elements too. */
export const samplePssh: SampleSystems = (kid, systemId) => {
  const writer = new ByteWriter()
  const data = new TextEncoder().encode(`${systemId} of ${kid}`)
  const id = Buffer.from(hexId(systemId), 'hex')
  writeProtectionSystem(writer, { systemId: id, keyIds: [Buffer.from(hexId(kid), 'hex')], data })
  const pssh = writer.result()
  if (systemId === WIDEVINE) return { pssh }
  const box = `<cenc:pssh xmlns:cenc="urn:mpeg:cenc:2013">${Buffer.from(pssh).toString('base64')}</cenc:pssh>`
  const object = Buffer.from(`object of ${kid}`).toString('base64')
  const pro = `<mspr:pro xmlns:mspr="urn:microsoft:playready">${object}</mspr:pro>`
  return { pssh, contentProtectionData: box + pro }
}
