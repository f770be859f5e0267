import type { OriginEndpoint, Package } from './origin-endpoint.ts'
import {
  checkedManifestName,
  cmafPackage,
  dashPackage,
  type GivenCmafPackage,
  type GivenDashPackage,
  type GivenHlsPackage,
  type GivenMssPackage,
  hlsPackage,
  mssPackage,
  type PackageContext,
} from './package-settings.ts'
import { between, checkedDescription, checkedRoleArn, matching, refuse } from './rules.ts'

/** Everything of an origin endpoint that a client can set and later replace. */
export type EndpointSettings = Pick<
  OriginEndpoint,
  | 'description'
  | 'manifestName'
  | 'startoverWindowSeconds'
  | 'timeDelaySeconds'
  | 'whitelist'
  | 'origination'
  | 'authorization'
  | 'package'
>

/** The same as a client describes it. */
export type GivenEndpoint = Partial<Omit<EndpointSettings, 'package'>> & {
  readonly hlsPackage?: GivenHlsPackage
  readonly dashPackage?: GivenDashPackage
  readonly mssPackage?: GivenMssPackage
  readonly cmafPackage?: GivenCmafPackage
}

const PACKAGE_TYPES = ['hlsPackage', 'dashPackage', 'mssPackage', 'cmafPackage'] as const
const FOURTEEN_DAYS = 1_209_600
const ONE_DAY = 86_400

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const IPV4_CIDR = new RegExp(`^${OCTET}(\\.${OCTET}){3}/(3[0-2]|[12]?[0-9])$`)

/** Fills in the defaults and checks every rule. Throws RuleViolation with the JSON path of what breaks one. */
export function endpointSettings(
  given: GivenEndpoint,
  context: { readonly channelId: string; readonly maxManifestWindowSeconds: number; readonly current?: Package },
): EndpointSettings {
  const manifestName = checkedManifestName('manifestName', given.manifestName ?? 'index')
  const { description, authorization } = given
  return {
    ...(description !== undefined && { description: checkedDescription('description', description) }),
    manifestName,
    ...times(given),
    whitelist: (given.whitelist ?? []).map((block, n) =>
      matching(`whitelist[${n}]`, block, IPV4_CIDR, 'an IPv4 CIDR block such as 192.0.2.0/24'),
    ),
    origination: given.origination ?? 'ALLOW',
    ...(authorization && { authorization: checkedAuthorization(authorization) }),
    package: onePackage(given, { ...context, manifestName }),
  }
}

function times(given: GivenEndpoint) {
  const startoverWindowSeconds = given.startoverWindowSeconds ?? 0
  const timeDelaySeconds = given.timeDelaySeconds ?? 0
  between('startoverWindowSeconds', startoverWindowSeconds, 0, FOURTEEN_DAYS)
  if (timeDelaySeconds !== 0 && (timeDelaySeconds < 5 || timeDelaySeconds > ONE_DAY)) {
    refuse('timeDelaySeconds', `must be 0 or between 5 and ${ONE_DAY}, got ${timeDelaySeconds}`)
  }
  if (startoverWindowSeconds > 0 && timeDelaySeconds >= startoverWindowSeconds) {
    refuse('timeDelaySeconds', `must be less than startoverWindowSeconds (${startoverWindowSeconds})`)
  }
  return { startoverWindowSeconds, timeDelaySeconds }
}

function checkedAuthorization(authorization: NonNullable<OriginEndpoint['authorization']>) {
  const { cdnIdentifierSecret, secretsRoleArn } = authorization
  const secret = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/
  matching('authorization.cdnIdentifierSecret', cdnIdentifierSecret, secret, 'the ARN of a secret')
  checkedRoleArn('authorization.secretsRoleArn', secretsRoleArn)
  return { cdnIdentifierSecret, secretsRoleArn }
}

function onePackage(
  given: GivenEndpoint,
  { current, ...context }: Omit<PackageContext<Package>, 'current'> & { readonly current?: Package },
): Package {
  const [type = current?.type, another] = PACKAGE_TYPES.filter((type) => given[type] !== undefined)
  if (type === undefined) refuse(PACKAGE_TYPES.join(', '), 'exactly one is required')
  if (another !== undefined) refuse(another, `an origin endpoint has exactly one package, and ${type} is given too`)
  if (current && current.type !== type) refuse(type, `the package type cannot be changed from ${current.type}`)
  const before = <T extends Package['type']>(wanted: T) =>
    current?.type === wanted ? { ...context, current: current as Extract<Package, { type: T }> } : context
  switch (type) {
    case 'hlsPackage':
      return { type, ...hlsPackage(given.hlsPackage ?? {}, before(type)) }
    case 'dashPackage':
      return { type, ...dashPackage(given.dashPackage ?? {}, before(type)) }
    case 'mssPackage':
      return { type, ...mssPackage(given.mssPackage ?? {}, before(type)) }
    case 'cmafPackage':
      return { type, ...cmafPackage(given.cmafPackage ?? {}, before(type)) }
  }
}
