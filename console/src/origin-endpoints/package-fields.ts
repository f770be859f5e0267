import type { Field, FieldOf } from '../forms/field.ts'
import { DASH_FIELDS } from './dash-fields.ts'
import { encryptionField } from './encryption-fields.ts'
import { CMAF_FIELDS, HLS_FIELDS } from './hls-fields.ts'
import { MANIFEST_WINDOW, STREAM_SELECTION, segmentDuration } from './manifest-fields.ts'
import type { PackageName } from './origin-endpoint-fields.ts'

const MSS_FIELDS: readonly Field[] = [segmentDuration('2'), MANIFEST_WINDOW]

const packageField = (name: PackageName, label: string, description: string, fields: readonly Field[]) =>
  ({
    name,
    label,
    description,
    control: 'group',
    isOptional: true,
    fields: [...fields, STREAM_SELECTION, encryptionField(name)],
  }) as const satisfies FieldOf<'group'>

/** The packages; an endpoint has exactly one. */
export const PACKAGE_FIELDS: readonly (FieldOf<'group'> & { readonly name: PackageName })[] = [
  packageField('hlsPackage', 'HLS', 'Segments of MPEG-TS, and playlists. Plays nearly everywhere.', HLS_FIELDS),
  packageField(
    'cmafPackage',
    'CMAF',
    'Segments of fragmented MP4, and one or more HLS playlists over them.',
    CMAF_FIELDS,
  ),
  packageField('dashPackage', 'DASH', 'Segments of fragmented MP4, and an MPD.', DASH_FIELDS),
  packageField(
    'mssPackage',
    'Smooth Streaming',
    'Fragments and a manifest, for older set-top boxes and consoles.',
    MSS_FIELDS,
  ),
]
