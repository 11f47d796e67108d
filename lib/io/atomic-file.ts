import { type FileHandle, open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MyelinError } from '../core/error.js'

let written = 0

/**
 * Writes a file that is there whole or not at all, whatever happens meanwhile: under another name in the same folder first, which takes
 * the place of the file once the disk has it.
 * @param where the function that the message of an error begins with
 * @param write gets the file, empty and open for writing; false: the file is not to be after all
 * @returns what `write` gave
 * @throws MyelinError ERR_FORMAT with the path and the system's reason, for a folder that cannot be written or a full disk; what was
 *   there before is as it was, and nothing else is left
 */
export async function writeAtomically(
  where: string,
  path: string,
  write: (file: FileHandle) => Promise<boolean>,
): Promise<boolean> {
  let temporary = ''
  let made = false
  try {
    const place = await fileAt(path)
    temporary = `${place}.${process.pid}-${written++}${temporarySuffix}`
    const file = await open(temporary, 'wx')
    made = true
    let complete = false
    try {
      complete = await write(file)
      if (complete) await file.datasync()
    } finally {
      await file.close()
    }
    if (!complete) {
      await unlink(temporary)
      return false
    }
    await rename(temporary, place)
    made = false
    await syncFolder(dirname(place))
    return true
  } catch (error) {
    if (made) await unlink(temporary).catch(() => {})
    if (error instanceof MyelinError) throw error
    throw new MyelinError('ERR_FORMAT', `[${where}] ${path} cannot be written: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** Where the file is, or is to be: what a link leads to. Something else, such as a device, is not replaced. */
async function fileAt(path: string): Promise<string> {
  try {
    const place = await realpath(path)
    if ((await stat(place)).isFile()) return place
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return path
    throw error
  }
  throw new Error('there is something that is no file')
}

/** The end of the names of unfinished files. */
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
