import type { Account } from '../../model/arn.ts'
import { checkEndpoint } from '../../model/endpoint-rules.ts'
import type { EndpointSettings } from '../../model/origin-endpoint.ts'
import { type Packaging, withAdCuts } from '../../model/packaging.ts'
import { checkedName } from '../../model/packaging-rules.ts'
import { refuse } from '../../model/rules.ts'
import { cmafPackage, dashPackage, hlsPackage, mssPackage, type PackageContext } from './given-packages.ts'
import { type GivenEndpoint, PACKAGE_TYPES, packageTypeOf } from './packages.ts'

/** Fills in the defaults of a request and checks every rule. Throws RuleViolation with the JSON path of the member. */
export function endpointSettings(
  given: GivenEndpoint,
  { account, ...context }: Omit<PackageContext, 'manifestName'> & { readonly account: Account },
): EndpointSettings {
  const manifestName = checkedName('manifestName', given.manifestName ?? 'index')
  const { description, authorization } = given
  const settings = {
    ...(description !== undefined && { description }),
    startoverWindowSeconds: given.startoverWindowSeconds ?? 0,
    timeDelaySeconds: given.timeDelaySeconds ?? 0,
    whitelist: given.whitelist ?? [],
    origination: given.origination ?? 'ALLOW',
    ...(authorization && { authorization }),
  }
  checkEndpoint(settings, account)
  return { ...settings, manifestName, packaging: withAdCuts(packagingOf(given, { ...context, manifestName })) }
}

function packagingOf(given: GivenEndpoint, context: PackageContext): Packaging {
  const current = context.current && packageTypeOf(context.current)
  const [type = current, another] = PACKAGE_TYPES.filter((type) => given[type] !== undefined)
  if (type === undefined) refuse(PACKAGE_TYPES.join(', '), 'exactly one is required')
  if (another !== undefined) refuse(another, `an origin endpoint has exactly one package, but ${type} is given as well`)
  if (current && current !== type) refuse(type, `the package type cannot be changed from ${current}`)
  switch (type) {
    case 'hlsPackage':
      return hlsPackage(given.hlsPackage ?? {}, context)
    case 'dashPackage':
      return dashPackage(given.dashPackage ?? {}, context)
    case 'mssPackage':
      return mssPackage(given.mssPackage ?? {}, context)
    case 'cmafPackage':
      return cmafPackage(given.cmafPackage ?? {}, context)
  }
}
