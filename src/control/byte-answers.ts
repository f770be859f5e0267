import type { BYTE_OPERATIONS } from './byte-operations.ts'
import type { ControlContext } from './control-context.ts'
import { harvestFile } from './harvest-files.ts'
import type { BytesResponse, OperationRequest } from './json-api.ts'
import { pictureResponse } from './key-frame.ts'
import type { InputsOf } from './typed-operation.ts'

type Inputs = InputsOf<typeof BYTE_OPERATIONS>

type Answers = {
  readonly [N in keyof Inputs]: (
    context: ControlContext,
    input: Inputs[N],
    request: OperationRequest,
  ) => Promise<BytesResponse>
}

const ANSWERS: Answers = { GetKeyFrame: pictureResponse, GetHarvestFile: harvestFile }

/** Answers an operation with bytes; undefined for any other. Throws as operations do. */
export function bytesAnswer(
  context: ControlContext,
  name: string,
  input: unknown,
  request: OperationRequest,
): Promise<BytesResponse> | undefined {
  if (!Object.hasOwn(ANSWERS, name)) return undefined
  return ANSWERS[name as keyof Answers](context, input as never, request)
}
