/** Thrown for a document of SPEKE that is not answered. The message is the answer's body, and holds no secret. */
export class SpekeRefusal extends Error {
  override readonly name = 'SpekeRefusal'
}
