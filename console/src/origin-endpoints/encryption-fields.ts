import type { Draft, Field, FieldOf, Option } from '../forms/field.ts'
import type { PackageName } from './origin-endpoint-fields.ts'

const SYSTEMS = {
  widevine: { value: 'edef8ba9-79d6-4ace-a3c8-27dcd51d21ed', label: 'Widevine' },
  playReady: { value: '9a04f079-9840-4286-ab92-e65be0885f95', label: 'PlayReady' },
  fairPlay: { value: '94ce86fb-07ff-4f43-adb8-93d2fa968ca2', label: 'FairPlay' },
  irdeto: { value: '80a6be7e-1448-4c37-9e70-d5aebe04c8d2', label: 'Irdeto, with SPEKE 2.0' },
  aes128: { value: '81376844-f976-481e-a84e-cc25d39b0b33', label: 'AES-128: players fetch the key itself' },
  clearKey: { value: '3ea8778f-7742-4bf9-b18b-e834b2acbd47', label: 'Clear key AES-128, with SPEKE 2.0' },
} as const satisfies Readonly<Record<string, Option>>

const SYSTEMS_OF: Readonly<Record<PackageName, readonly Option[]>> = {
  hlsPackage: [SYSTEMS.aes128, SYSTEMS.fairPlay],
  cmafPackage: [SYSTEMS.fairPlay, SYSTEMS.widevine, SYSTEMS.playReady, SYSTEMS.clearKey],
  dashPackage: [SYSTEMS.widevine, SYSTEMS.playReady, SYSTEMS.irdeto],
  mssPackage: [SYSTEMS.playReady],
}

const HAS_SPEKE_2: readonly PackageName[] = ['cmafPackage', 'dashPackage']

const presets = (kind: 'AUDIO' | 'VIDEO', count: number): readonly Option[] => [
  { value: 'SHARED', label: 'SHARED', description: 'One key for pictures and sound' },
  { value: 'UNENCRYPTED', label: 'UNENCRYPTED', description: 'In the clear' },
  ...Array.from({ length: count }, (_, n) => ({ value: `PRESET-${kind}-${n + 1}`, label: `PRESET-${kind}-${n + 1}` })),
]

const CONTRACT: Field = {
  name: 'encryptionContractConfiguration',
  label: 'SPEKE 2.0 contract',
  description:
    'Makes key requests by SPEKE 2.0, which gives pictures and sound keys of their own. Keys do not rotate then. Without it, SPEKE 1.0 is spoken.',
  control: 'group',
  isOptional: true,
  fields: [
    {
      name: 'presetSpeke20Video',
      label: 'Video preset',
      description: 'Which sizes of pictures share a key; SPEKE 2.0 says what each preset means.',
      control: 'choice',
      options: presets('VIDEO', 8),
      default: 'SHARED',
    },
    {
      name: 'presetSpeke20Audio',
      label: 'Audio preset',
      description: 'Which numbers of audio channels share a key. SHARED goes with SHARED only.',
      control: 'choice',
      options: presets('AUDIO', 3),
      default: 'SHARED',
    },
  ],
}

const provider = (of: PackageName): Field => ({
  name: 'spekeKeyProvider',
  label: 'Key provider',
  description: 'The key server that content keys are requested from, by SPEKE.',
  control: 'group',
  isOptional: false,
  fields: [
    {
      name: 'url',
      label: 'URL',
      description:
        'Begins with https://. Hosts of internal networks, and http://, need the setting speke-allow-hosts. The built-in key server is at /windrow/v1/keys/speke of this server.',
      control: 'text',
      example: 'https://keys.example.com/speke',
    },
    {
      name: 'resourceId',
      label: 'Resource ID',
      description: 'Names the content to the key server. No two endpoints may use the same one.',
      control: 'text',
    },
    {
      name: 'systemIds',
      label: 'DRM systems',
      description: 'The systems that the key server is asked for, by their UUIDs.',
      control: 'texts',
      item: 'DRM system',
      example: SYSTEMS.widevine.value,
      offered: SYSTEMS_OF[of],
    },
    {
      name: 'roleArn',
      label: 'Role ARN',
      description: 'An IAM role. It is assumed where the setting speke-assume-role is on; otherwise it is only kept.',
      control: 'text',
      example: 'arn:aws:iam::000000000000:role/keys',
    },
    {
      name: 'certificateArn',
      label: 'Certificate ARN',
      description:
        'Has keys sent encrypted for a certificate, which the setting speke-certificates must name. Leave it empty otherwise.',
      control: 'text',
    },
    ...(HAS_SPEKE_2.includes(of) ? [CONTRACT] : []),
  ],
})

const KEY_ROTATION: Field = {
  name: 'keyRotationIntervalSeconds',
  label: 'Key rotation interval',
  description: 'The time after which segments get another key; 0 for never.',
  control: 'number',
  unit: 'seconds',
  range: '0 or more; 0 with SPEKE 2.0',
  otherwise: '60 seconds, or never with SPEKE 2.0',
}

const INITIALIZATION_VECTOR: Field = {
  name: 'constantInitializationVector',
  label: 'Constant initialization vector',
  description: "32 hexadecimal digits, for all segments. Leave it empty for the key server's, or one for each segment.",
  control: 'text',
}

const METHODS: Readonly<Partial<Record<PackageName, readonly Option[]>>> = {
  hlsPackage: [
    { value: 'AES_128', label: 'AES_128', description: 'Whole segments' },
    {
      value: 'SAMPLE_AES',
      label: 'SAMPLE_AES',
      description: 'Samples of H.264, AAC, AC-3 and E-AC-3; HEVC is left out',
    },
  ],
  cmafPackage: [
    { value: 'SAMPLE_AES', label: 'SAMPLE_AES', description: 'Samples, by the scheme cbcs' },
    { value: 'AES_CTR', label: 'AES_CTR', description: 'Samples, by the scheme cenc; needs SPEKE 2.0' },
  ],
}

const method = (of: PackageName, options: readonly Option[]): Field => ({
  name: 'encryptionMethod',
  label: 'Method',
  description: 'What is encrypted, and how. Players and DRM systems know only some.',
  control: 'choice',
  options,
  default: of === 'hlsPackage' ? 'AES_128' : 'SAMPLE_AES',
})

const REPEAT_KEY: Field = {
  name: 'repeatExtXKey',
  label: 'Repeat EXT-X-KEY',
  description: 'Writes the tag before every segment, and not only where the key changes.',
  control: 'switch',
  default: false,
}

/** The encryption of a package. Smooth Streaming has one key for all time, and DASH one method. */
export function encryptionField(of: PackageName): FieldOf<'group'> {
  const options = METHODS[of]
  return {
    name: 'encryption',
    label: 'Encryption',
    description: 'Encrypts segments with keys from a key server. The endpoint plays once it has a key.',
    control: 'group',
    isOptional: true,
    fields: [
      ...(options ? [method(of, options)] : []),
      provider(of),
      ...(of === 'mssPackage' ? [] : [KEY_ROTATION]),
      ...(options ? [{ ...INITIALIZATION_VECTOR, ...(of === 'cmafPackage' && { shownWhen: isSampleAes }) }] : []),
      ...(of === 'hlsPackage' ? [REPEAT_KEY] : []),
    ],
  }
}

const isSampleAes = (draft: Draft) => draft['encryptionMethod'] !== 'AES_CTR'
