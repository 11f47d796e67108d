import { expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'

const { dense, flatten, batchNormalization } = layers

it('counts the parameters of the course network', () => {
  const elu = (units: number, name: string) => dense({ units, name, activation: 'elu', kernelInitializer: 'heNormal' })
  const model = sequential({
    name: 'course',
    layers: [
      flatten({ inputShape: [28, 28], name: 'flatten' }),
      batchNormalization({ name: 'normalize' }),
      elu(300, 'hidden_1'),
      batchNormalization({ name: 'normalize_1' }),
      elu(100, 'hidden_2'),
      batchNormalization({ name: 'normalize_2' }),
      dense({ units: 10, activation: 'softmax', name: 'output' }),
    ],
  })
  let printed = ''
  const text = model.summary((line) => {
    printed = line
  })
  expect(printed).toBe(text)
  expect(model.countParams()).toEqual({ total: 271346, trainable: 268978, nonTrainable: 2368 })
  expect(text).toMatchInlineSnapshot(`
    "Model: "course"
    ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┓
    ┃ Layer (type)                     ┃ Output Shape ┃ Param # ┃
    ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━┩
    │ flatten (Flatten)                │ (None, 784)  │       0 │
    ├──────────────────────────────────┼──────────────┼─────────┤
    │ normalize (BatchNormalization)   │ (None, 784)  │   3,136 │
    ├──────────────────────────────────┼──────────────┼─────────┤
    │ hidden_1 (Dense)                 │ (None, 300)  │ 235,500 │
    ├──────────────────────────────────┼──────────────┼─────────┤
    │ normalize_1 (BatchNormalization) │ (None, 300)  │   1,200 │
    ├──────────────────────────────────┼──────────────┼─────────┤
    │ hidden_2 (Dense)                 │ (None, 100)  │  30,100 │
    ├──────────────────────────────────┼──────────────┼─────────┤
    │ normalize_2 (BatchNormalization) │ (None, 100)  │     400 │
    ├──────────────────────────────────┼──────────────┼─────────┤
    │ output (Dense)                   │ (None, 10)   │   1,010 │
    └──────────────────────────────────┴──────────────┴─────────┘
     Total params: 271,346 (1.04 MB)
     Trainable params: 268,978 (1.03 MB)
     Non-trainable params: 2,368 (9.25 KB)"
  `)
})

it('shows what is not known yet', () => {
  const model = sequential({ layers: [dense({ units: 3, name: 'later' })] })
  expect(model.summary(false)).toMatch(/later \(Dense\) .* \? .* \?/)
  expect(model.summary(false)).toContain('Not built yet')
})
