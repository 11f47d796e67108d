import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MyelinError } from '../core/error.js'

let written = 0

/**
 * Writes a file that is there whole or not at all, whatever happens meanwhile: under another name in the same folder first, which takes
 * the place of the file once the disk has it.
 * @param where the function that the message of an error begins with
 * @param write gets the file, empty and open for writing
 * @throws MyelinError ERR_FORMAT with the path and the system's reason, for a folder that cannot be written or a full disk; what was
 *   there before is as it was, and nothing else is left
 */
export async function writeAtomically(
  where: string,
  path: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${process.pid}-${written++}${temporarySuffix}`
  let made = false
  try {
    const file = await open(temporary, 'wx')
    made = true
    try {
      await write(file)
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    made = false
    await syncFolder(dirname(path))
  } catch (error) {
    if (made) await unlink(temporary).catch(() => {})
    if (error instanceof MyelinError) throw error
    throw new MyelinError('ERR_FORMAT', `[${where}] ${path} cannot be written: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** The end of unfinished files' names. */
export const temporarySuffix = '.myelin-tmp'

/** Sees to it that a rename outlives a loss of power, where folders can be synced: not on Windows. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null)
  try {
    await folder?.sync()
  } catch {
    // The file itself has been synced.
  } finally {
    await folder?.close()
  }
}
