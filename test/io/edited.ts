import { createHash } from 'node:crypto'

const noHash = '0'.repeat(64)

/** The header of a safetensors file. */
function headerOf(file: Buffer): { header: Record<string, unknown>; data: Buffer } {
  const end = 8 + Number(file.readBigUInt64LE())
  return { header: JSON.parse(String(file.subarray(8, end))), data: file.subarray(end) }
}

/** What a saved model's file says beside its tensors. */
export function metadataOf(file: Buffer): Record<string, unknown> {
  const { __metadata__: metadata } = headerOf(file).header
  return JSON.parse((metadata as { myelin: string }).myelin)
}

/** The file with something else in that place, and a hash that is right. */
export function edited(file: Buffer, myelin: unknown): Buffer {
  const { header, data } = headerOf(file)
  const text = JSON.stringify({ ...header, __metadata__: { sha256: noHash, myelin: JSON.stringify(myelin) } })
  const bytes = Buffer.from(text)
  const hash = createHash('sha256').update(bytes).update(data).digest('hex')
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(bytes.length))
  return Buffer.concat([length, Buffer.from(text.replace(noHash, hash)), data])
}
