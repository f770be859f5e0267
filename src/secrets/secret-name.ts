/**
 * The names under which a folder may have the secret of an ARN, the likelier first: as the ARN has it, and without the
 * six characters that AWS appends. A slash in it is `_` in file names. Empty where no name of it can be a file's.
 */
export function fileNamesOf(arn: string): readonly string[] {
  const [, name = ''] = /^arn:[^:]{1,64}:secretsmanager:[^:]{1,64}:\d{12}:secret:([\w/+=.@-]{1,512})$/.exec(arn) ?? []
  const plain = name.replaceAll('/', '_')
  const [, short] = /^(.{1,505})-[0-9A-Za-z]{6}$/.exec(plain) ?? []
  // Kubernetes keeps its own under names that begin with a dot, and a file name has at most 255 bytes.
  return [plain, short].filter((each) => each !== undefined && /^[\w+=@-][\w+=.@-]{0,240}$/.test(each)) as string[]
}
