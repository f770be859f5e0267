import type { Account } from './arn.ts'
import type { EndpointSettings, OriginEndpoint } from './origin-endpoint.ts'
import { between, checkedDescription, checkedRoleArn, matching, quoteValue, refuse } from './rules.ts'

const FOURTEEN_DAYS = 1_209_600
const ONE_DAY = 86_400

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const IPV4_CIDR = new RegExp(`^${OCTET}(\\.${OCTET}){3}/(3[0-2]|[12]?[0-9])$`)

/** Checks the settings that decide who may watch an endpoint, and when. Throws RuleViolation. */
export function checkEndpoint(settings: Omit<EndpointSettings, 'manifestName' | 'packaging'>, account: Account): void {
  const { description, whitelist, authorization } = settings
  if (description !== undefined) checkedDescription('description', description)
  checkTimes(settings)
  for (const [n, block] of whitelist.entries()) {
    matching(`whitelist[${n}]`, block, IPV4_CIDR, 'an IPv4 CIDR block such as 192.0.2.0/24')
  }
  if (authorization) checkAuthorization(authorization, account)
}

function checkTimes({
  startoverWindowSeconds,
  timeDelaySeconds,
}: Pick<EndpointSettings, 'startoverWindowSeconds' | 'timeDelaySeconds'>): void {
  between('startoverWindowSeconds', startoverWindowSeconds, 0, FOURTEEN_DAYS)
  if (timeDelaySeconds !== 0 && (timeDelaySeconds < 5 || timeDelaySeconds > ONE_DAY)) {
    refuse('timeDelaySeconds', `must be 0 or between 5 and ${ONE_DAY}, got ${timeDelaySeconds}`)
  }
  if (startoverWindowSeconds > 0 && timeDelaySeconds >= startoverWindowSeconds) {
    refuse('timeDelaySeconds', `must be less than startoverWindowSeconds (${startoverWindowSeconds})`)
  }
}

function checkAuthorization(
  { cdnIdentifierSecret, secretsRoleArn }: NonNullable<OriginEndpoint['authorization']>,
  { region, accountId }: Account,
): void {
  const path = 'authorization.cdnIdentifierSecret'
  const secret = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):(\d{12}):secret:[\w/+=.@-]+$/
  matching(path, cdnIdentifierSecret, secret, 'the ARN of a secret')
  const [, ofRegion, ofAccount] = secret.exec(cdnIdentifierSecret) ?? []
  if (ofRegion !== region || ofAccount !== accountId) {
    refuse(path, `must be of the region ${region} and the account ${accountId}, got ${quoteValue(cdnIdentifierSecret)}`)
  }
  checkedRoleArn('authorization.secretsRoleArn', secretsRoleArn)
}
