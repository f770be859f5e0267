import type { Packaging } from '../../model/packaging.ts'
import type { OperationInput } from './api.ts'

/** The names of the four packages; an endpoint has exactly one of them. */
export const PACKAGE_TYPES = ['hlsPackage', 'dashPackage', 'mssPackage', 'cmafPackage'] as const
export type PackageType = (typeof PACKAGE_TYPES)[number]

/** The settings of an endpoint in a request that creates or updates it; nearly all are optional. */
export type GivenEndpoint = Omit<OperationInput<'UpdateOriginEndpoint'>, 'id'>

/** A package in such a request. */
export type GivenPackage<T extends PackageType> = NonNullable<GivenEndpoint[T]>

/** The package that represents a packaging in responses and messages. */
export function packageTypeOf({ container, manifests }: Packaging): PackageType {
  switch (container) {
    case 'TS':
      return 'hlsPackage'
    case 'ISM':
      return 'mssPackage'
    case 'CMAF':
      // A CmafPackage has HLS manifests, or none.
      return manifests.some(({ type }) => type === 'DASH') ? 'dashPackage' : 'cmafPackage'
  }
}
