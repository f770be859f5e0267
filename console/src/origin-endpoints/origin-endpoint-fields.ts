import type { Draft, Field, GroupDraft, Section } from '../forms/field.ts'
import { DESCRIPTION_FIELD, ID_FIELD, TAGS_FIELD } from '../forms/resource-fields.ts'
import { PACKAGE_FIELDS } from './package-fields.ts'

export type PackageName = 'hlsPackage' | 'dashPackage' | 'mssPackage' | 'cmafPackage'

const MANIFEST_NAME: Field = {
  name: 'manifestName',
  label: 'Manifest name',
  description: 'Ends the URL, without an extension.',
  control: 'text',
  default: 'index',
}

/** How much of the past is shown, and how late. */
const TIMES: readonly Field[] = [
  {
    name: 'startoverWindowSeconds',
    label: 'Startover window',
    description:
      'How far back viewers can go, and how much can be harvested and clipped. Content is kept that long. With 0 there is only the live edge.',
    control: 'number',
    default: '0',
    unit: 'seconds',
    range: '0 to 1209600, which is 14 days',
  },
  {
    name: 'timeDelaySeconds',
    label: 'Time delay',
    description: 'How much later than it comes the stream is shown.',
    control: 'number',
    default: '0',
    unit: 'seconds',
    range: '0, or 5 to 86400, less than the startover window',
  },
]

/** Who may watch. */
const ACCESS: readonly Field[] = [
  {
    name: 'origination',
    label: 'Origination',
    description: 'Whether anything is played. Harvests go on either way.',
    control: 'choice',
    default: 'ALLOW',
    options: [
      { value: 'ALLOW', label: 'ALLOW', description: 'Who may watch, can' },
      { value: 'DENY', label: 'DENY', description: 'Nobody can watch: every request is answered 403' },
    ],
  },
  {
    name: 'whitelist',
    label: 'Whitelist',
    description: 'Networks that may watch, as IPv4 CIDR blocks. Everybody may where there is none.',
    control: 'texts',
    item: 'CIDR block',
    example: '192.0.2.0/24',
  },
  {
    name: 'authorization',
    label: 'CDN authorization',
    description: 'Plays only for requests with the identifier of a secret, in the header X-MediaPackage-CDNIdentifier.',
    control: 'group',
    isOptional: true,
    fields: [
      {
        name: 'cdnIdentifierSecret',
        label: 'Secret ARN',
        description: 'Of the region and account of this server. Settings say where secrets are looked up.',
        control: 'text',
        example: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:cdn-a1B2c3',
      },
      {
        name: 'secretsRoleArn',
        label: 'Role ARN',
        description: 'An IAM role, which is assumed where secrets are looked up in Secrets Manager.',
        control: 'text',
        example: 'arn:aws:iam::000000000000:role/secrets',
      },
    ],
  },
]

/** What a change may have; the package is a section of its own. */
const CHANGED: readonly Section[] = [
  { title: 'Origin endpoint', fields: [DESCRIPTION_FIELD, MANIFEST_NAME] },
  { title: 'Time shift', fields: TIMES },
  { title: 'Access', fields: ACCESS },
]

const CREATED: readonly Section[] = [
  { title: 'Origin endpoint', fields: [ID_FIELD, DESCRIPTION_FIELD, MANIFEST_NAME] },
  ...CHANGED.slice(1),
  { title: 'Tags', fields: [TAGS_FIELD] },
]

/** The sections of the form that creates an origin endpoint, or changes one. */
export const SECTIONS = { create: CREATED, change: CHANGED } as const

const fieldsOf = (sections: readonly Section[]): readonly Field[] => [
  ...sections.flatMap(({ fields }) => fields),
  ...PACKAGE_FIELDS,
]

/** Members of CreateOriginEndpoint, but for the channel's. */
export const CREATE_FIELDS: readonly Field[] = fieldsOf(CREATED)

/** Members of UpdateOriginEndpoint, but for the id in its path. */
export const CHANGE_FIELDS: readonly Field[] = fieldsOf(CHANGED)

/** The package that a draft has. */
export function packageOf(draft: Draft): PackageName | undefined {
  return PACKAGE_FIELDS.find(({ name }) => (draft[name] as GroupDraft | undefined)?.isGiven)?.name
}

/** The draft with another package; what was written into the others stays in the form. */
export function withPackage(draft: Draft, chosen: PackageName): Draft {
  const groups = PACKAGE_FIELDS.map(({ name }) => {
    const group = draft[name] as GroupDraft
    return [name, { ...group, isGiven: name === chosen }] as const
  })
  return { ...draft, ...Object.fromEntries(groups) }
}
