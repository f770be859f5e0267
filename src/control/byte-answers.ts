import { changesResponse } from './changes.ts'
import type { ControlContext } from './control-context.ts'
import { harvestFile } from './harvest-files.ts'
import type { BytesResponse, OperationRequest } from './json-api.ts'
import { pictureResponse } from './key-frame.ts'
import type { WindrowMediaInputs } from './windrow-operations.ts'

type Answers = {
  readonly [N in keyof WindrowMediaInputs]: (
    context: ControlContext,
    input: WindrowMediaInputs[N],
    request: OperationRequest,
  ) => Promise<BytesResponse>
}

const ANSWERS: Answers = { ListChanges: changesResponse, GetKeyFrame: pictureResponse, GetHarvestFile: harvestFile }

/** Answers an operation whose answer is not JSON; undefined for any other. Throws as operations do. */
export function bytesAnswer(
  context: ControlContext,
  name: string,
  input: unknown,
  request: OperationRequest,
): Promise<BytesResponse> | undefined {
  if (!Object.hasOwn(ANSWERS, name)) return undefined
  return ANSWERS[name as keyof Answers](context, input as never, request)
}
