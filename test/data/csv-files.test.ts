import '../../lib/ops/index.js'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Dataset } from '../../lib/data/dataset.js'
import { sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import { adam } from '../../lib/optim/rules/adam.js'
import { setSeed } from '../../lib/tensor/random.js'

// Files as they are passed around, by their first rows and those that are out of the ordinary: each is read as it is, and trained on.

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'myelin-csv-files-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, lines: readonly string[], lineEnd = '\n'): string {
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => line + lineEnd).join(''))
  return path
}

type Samples = Dataset<[x: Float32Array, y: number]>

async function all(dataset: Samples): Promise<[number[], number][]> {
  const samples: [number[], number][] = []
  for await (const [x, y] of dataset) samples.push([Array.from(x), y])
  return samples
}

/** The loss of the first epoch and of the last. */
async function losses(dataset: Samples, classes?: number): Promise<[number, number]> {
  setSeed(3)
  const model = sequential({ layers: [layers.batchNormalization(), layers.dense({ units: 8, activation: 'tanh' })] })
  model.add(layers.dense(classes === undefined ? { units: 1 } : { units: classes, activation: 'softmax' }))
  if (classes === undefined) model.add(layers.reshape({ targetShape: [] }))
  const loss = classes === undefined ? 'meanSquaredError' : 'sparseCategoricalCrossentropy'
  model.compile({ optimizer: adam({ learningRate: 0.05 }), loss })
  const { history } = await model.fit(dataset.shuffle(20, { seed: 1 }).batch(4), { epochs: 30, verbose: 0 })
  const curve = history.loss as number[]
  return [curve[0] as number, curve.at(-1) as number]
}

const round = (values: readonly number[]): number[] => values.map((value) => Math.round(value * 1e4) / 1e4)

describe("UCI's AirQuality", () => {
  // Semicolons, decimal commas, two columns without a name, −200 for no value, and rows of nothing at the end.
  const lines = [
    'Date;Time;CO(GT);PT08.S1(CO);NMHC(GT);C6H6(GT);PT08.S2(NMHC);NOx(GT);PT08.S3(NOx);NO2(GT);PT08.S4(NO2);PT08.S5(O3);T;RH;AH;;',
    '10/03/2004;18.00.00;2,6;1360;150;11,9;1046;166;1056;113;1692;1268;13,6;48,9;0,7578;;',
    '10/03/2004;19.00.00;2;1292;112;9,4;955;103;1174;92;1559;972;13,3;47,7;0,7255;;',
    '10/03/2004;20.00.00;2,2;1402;88;9,0;939;131;1140;114;1555;1074;11,9;54,0;0,7502;;',
    '10/03/2004;21.00.00;2,2;1376;80;9,2;948;172;1092;122;1584;1203;11,0;60,0;0,7867;;',
    '10/03/2004;22.00.00;1,6;1272;51;6,5;836;131;1205;116;1490;1110;11,2;59,6;0,7888;;',
    '11/03/2004;03.00.00;0,6;1010;19;1,7;561;-200;1705;-200;1235;501;10,3;60,2;0,7517;;',
    '11/03/2004;04.00.00;-200;1011;14;1,3;527;21;1818;34;1197;445;10,1;60,5;0,7465;;',
    '01/04/2004;14.00.00;1,7;-200;222;-200,0;-200;99;-200;72;-200;-200;-200;-200;-200;;',
    ...Array.from({ length: 3 }, () => ';;;;;;;;;;;;;;;;'),
  ]
  const options = { delimiter: ';', decimal: ',', missingValues: [-200] } as const

  it('is read without its missing values and the rows of nothing', async () => {
    const path = file('AirQualityUCI.csv', lines, '\r\n')
    const dataset = Dataset.fromCsv(path, {
      ...options,
      features: ['C6H6(GT)', 'T', 'RH'],
      target: 'CO(GT)',
      onMissing: 'skip',
    })
    const samples = await all(dataset)
    expect(samples.map(([x, y]) => round([...x, y]))).toEqual([
      [11.9, 13.6, 48.9, 2.6],
      [9.4, 13.3, 47.7, 2],
      [9, 11.9, 54, 2.2],
      [9.2, 11, 60, 2.2],
      [6.5, 11.2, 59.6, 1.6],
      [1.7, 10.3, 60.2, 0.6],
    ])
    const [first, last] = await losses(dataset)
    expect(last).toBeLessThan(0.2 * first)
  })

  it('is read with converters alone', async () => {
    const number = (cell: string): number => Number(cell.replace(',', '.'))
    const converters = { T: number, RH: number }
    const dataset = Dataset.fromCsv(file('air.csv', lines), {
      delimiter: ';',
      features: ['T'],
      target: 'RH',
      converters,
    })
    const samples = await all(dataset.filter(([, y]) => y !== -200))
    expect(samples).toHaveLength(7)
    expect(samples.at(-1)?.map((value) => round([value].flat()))).toEqual([[10.1], [60.5]])
  })

  it('is refused by line and column where nothing is said about missing values', async () => {
    const path = file('AirQualityUCI.csv', lines, '\r\n')
    const dataset = Dataset.fromCsv(path, { ...options, features: ['T'], target: 'CO(GT)' })
    await expect(all(dataset)).rejects.toThrow(/line 8, column "CO\(GT\)": "-200" is missing; give onMissing/)
    await expect(all(Dataset.fromCsv(path, { delimiter: ';', features: ['T'], target: 'RH' }))).rejects.toThrow(
      /line 2, column "T": "13,6" is not a finite number; if the comma parts a fraction, give decimal: ','/,
    )
  })
})

describe('auto-mpg', () => {
  // Columns by runs of spaces, the last behind a tab and in quotes; no header; a question mark for no value.
  const lines = [
    '18.0   8   307.0      130.0      3504.      12.0   70  1\t"chevrolet chevelle malibu"',
    '15.0   8   350.0      165.0      3693.      11.5   70  1\t"buick skylark 320"',
    '18.0   8   318.0      150.0      3436.      11.0   70  1\t"plymouth satellite"',
    '16.0   8   304.0      150.0      3433.      12.0   70  1\t"amc rebel sst"',
    '17.0   8   302.0      140.0      3449.      10.5   70  1\t"ford torino"',
    '24.0   4   113.0      95.00      2372.      15.0   70  3\t"toyota corona mark ii"',
    '22.0   6   198.0      95.00      2833.      15.5   70  1\t"plymouth duster"',
    '26.0   4   97.00      46.00      1835.      20.5   70  2\t"volkswagen 1131 deluxe sedan"',
    '25.0   4   98.00      ?          2046.      19.0   71  1\t"ford pinto"',
    '27.0   4   97.00      88.00      2130.      14.5   70  3\t"datsun pl510"',
  ]

  it('is read by blanks, without the row that has no horsepower', async () => {
    const dataset = Dataset.fromCsv(file('auto-mpg.data', lines), {
      delimiter: ' ',
      header: ['mpg', 'cylinders', 'displacement', 'horsepower', 'weight', 'acceleration', 'year', 'origin', 'name'],
      features: ['cylinders', 'horsepower', 'weight'],
      target: 'mpg',
      missingValues: ['?'],
      onMissing: 'skip',
    })
    const samples = await all(dataset)
    expect(samples).toHaveLength(9)
    expect(samples[0]).toEqual([[8, 130, 3504], 18])
    expect(samples.at(-1)).toEqual([[4, 88, 2130], 27])
    const [first, last] = await losses(dataset)
    expect(last).toBeLessThan(0.5 * first)
  })

  it('is read by the numbers of its columns, with the names of the cars', async () => {
    const names: string[] = []
    const dataset = Dataset.fromCsv(file('auto-mpg.data', lines), {
      delimiter: ' ',
      header: false,
      features: [4, 8],
      target: 0,
      converters: { 8: (cell) => names.push(cell) },
    })
    expect((await all(dataset))[8]).toEqual([[2046, 9], 25])
    expect(names.slice(-2)).toEqual(['ford pinto', 'datsun pl510'])
    const horsepower = Dataset.fromCsv(file('auto-mpg.data', lines), { delimiter: ' ', header: false, features: [3] })
    await expect(
      (async () => {
        for await (const _ of horsepower);
      })(),
    ).rejects.toThrow(/line 9, column "3": "\?" is not a finite number.*missingValues: \["\?"\] and onMissing/)
  })
})

describe('penguins', () => {
  const lines = [
    'species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year',
    'Adelie,Torgersen,39.1,18.7,181,3750,male,2007',
    'Adelie,Torgersen,39.5,17.4,186,3800,female,2007',
    'Adelie,Torgersen,40.3,18,195,3250,female,2007',
    'Adelie,Torgersen,NA,NA,NA,NA,NA,2007',
    'Adelie,Torgersen,36.7,19.3,193,3450,female,2007',
    'Adelie,Torgersen,34.1,18.1,193,3475,NA,2007',
    'Gentoo,Biscoe,46.1,13.2,211,4500,female,2007',
    'Gentoo,Biscoe,50,16.3,230,5700,male,2007',
    'Gentoo,Biscoe,48.7,14.1,210,4450,female,2007',
    'Chinstrap,Dream,46.5,17.9,192,3500,female,2007',
    'Chinstrap,Dream,50,19.5,196,3900,male,2007',
    'Chinstrap,Dream,51.3,19.2,193,3650,male,2007',
  ]
  const species = (cell: string): number => ['Adelie', 'Chinstrap', 'Gentoo'].indexOf(cell)

  it.each([
    ['as they are', (line: string) => line],
    ['with quoted texts', (line: string) => line.replace(/[a-zA-Z_]{3,}/g, '"$&"')],
    ['with row names', (line: string, i: number) => `${i === 0 ? '""' : `"${i}"`},${line}`],
  ])('are read without the rows that have NA, text columns by converters: %s', async (_, write) => {
    const dataset = Dataset.fromCsv(file('penguins.csv', lines.map(write)), {
      features: ['bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g', 'sex'],
      target: 'species',
      converters: { species, sex: (cell) => Number(cell === 'female') },
      onMissing: 'skip',
    })
    const samples = await all(dataset)
    expect(samples).toHaveLength(10)
    expect(samples.map(([, y]) => y)).toEqual([0, 0, 0, 0, 2, 2, 2, 1, 1, 1])
    expect(samples[3]?.map((value) => round([value].flat()))).toEqual([[36.7, 19.3, 193, 3450, 1], [0]])
    const [first, last] = await losses(dataset, 3)
    expect(last).toBeLessThan(0.2 * first)
  })
})

describe('Titanic', () => {
  const lines = [
    'PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked',
    '1,0,3,"Braund, Mr. Owen Harris",male,22,1,0,A/5 21171,7.25,,S',
    '2,1,1,"Cumings, Mrs. John Bradley (Florence Briggs Thayer)",female,38,1,0,PC 17599,71.2833,C85,C',
    '3,1,3,"Heikkinen, Miss. Laina",female,26,0,0,STON/O2. 3101282,7.925,,S',
    '4,1,1,"Futrelle, Mrs. Jacques Heath (Lily May Peel)",female,35,1,0,113803,53.1,C123,S',
    '5,0,3,"Allen, Mr. William Henry",male,35,0,0,373450,8.05,,S',
    '6,0,3,"Moran, Mr. James",male,,0,0,330877,8.4583,,Q',
    '7,0,1,"McCarthy, Mr. Timothy J",male,54,0,0,17463,51.8625,E46,S',
    '8,0,3,"Palsson, Master. Gosta Leonard",male,2,3,1,349909,21.075,,S',
    '29,1,3,"O\'Dwyer, Miss. Ellen ""Nellie""",female,,0,0,330959,7.8792,,Q',
  ]
  const options = {
    features: ['Pclass', 'Sex', 'Age', 'Fare'],
    target: 'Survived',
    converters: { Sex: (cell: string) => Number(cell === 'female') },
  } as const

  it('is read without the passengers of unknown age, whatever else is missing', async () => {
    const dataset = Dataset.fromCsv(file('titanic.csv', lines), { ...options, onMissing: 'skip' })
    const samples = await all(dataset)
    expect(samples.map(([[, , age]]) => age)).toEqual([22, 38, 26, 35, 35, 54, 2])
    expect(samples.map(([, y]) => y)).toEqual([0, 1, 1, 1, 0, 0, 0])
    const [first, last] = await losses(dataset, 2)
    expect(last).toBeLessThan(0.2 * first)
  })

  it('is read with a mean for the ages that are missing, put in by map', async () => {
    const dataset = Dataset.fromCsv(file('titanic.csv', lines), { ...options, onMissing: Number.NaN }).map(([x, y]) => [
      x.map((value) => (Number.isNaN(value) ? 29.7 : value)),
      y,
    ])
    const samples = await all(dataset)
    expect(samples.map(([[, , age]]) => round([age as number])[0])).toEqual([22, 38, 26, 35, 35, 29.7, 54, 2, 29.7])
    const [first, last] = await losses(dataset, 2)
    expect(last).toBeLessThan(0.5 * first)
  })
})
