import { expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { model, sequential } from '../../lib/model/index.js'
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

it('shows the connections of a graph, and a model within as one row', () => {
  const [a, b] = [layers.input({ shape: [64], name: 'left' }), layers.input({ shape: [64], name: 'right' })]
  const tower = sequential({ name: 'tower', layers: [dense({ units: 32 }), batchNormalization()] })
  const [p, q] = [tower.apply(a), tower.apply(b)]
  const far = layers.subtract({ name: 'difference' }).apply([p, q])
  const all = layers.concatenate({ name: 'all' }).apply([far, p, q])
  const outputs = [dense({ units: 2, name: 'same' }).apply(all), dense({ units: 1, name: 'distance' }).apply(far)]
  expect(model({ inputs: [a, b], outputs, name: 'pairs' }).summary(false)).toMatchInlineSnapshot(`
    "Model: "pairs"
    ┏━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━┓
    ┃ Layer (type)          ┃ Output Shape ┃ Param # ┃ Connected to             ┃
    ┡━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━┩
    │ left (InputLayer)     │ (None, 64)   │       0 │ -                        │
    ├───────────────────────┼──────────────┼─────────┼──────────────────────────┤
    │ right (InputLayer)    │ (None, 64)   │       0 │ -                        │
    ├───────────────────────┼──────────────┼─────────┼──────────────────────────┤
    │ tower (Sequential)    │ (None, 32)   │   2,208 │ left, right              │
    ├───────────────────────┼──────────────┼─────────┼──────────────────────────┤
    │ difference (Subtract) │ (None, 32)   │       0 │ tower, tower             │
    ├───────────────────────┼──────────────┼─────────┼──────────────────────────┤
    │ all (Concatenate)     │ (None, 96)   │       0 │ difference, tower, tower │
    ├───────────────────────┼──────────────┼─────────┼──────────────────────────┤
    │ same (Dense)          │ (None, 2)    │     194 │ all                      │
    ├───────────────────────┼──────────────┼─────────┼──────────────────────────┤
    │ distance (Dense)      │ (None, 1)    │      33 │ difference               │
    └───────────────────────┴──────────────┴─────────┴──────────────────────────┘
     Total params: 2,435 (9.51 KB)
     Trainable params: 2,371 (9.26 KB)
     Non-trainable params: 64 (256 B)"
  `)
})

it('keeps within 100 columns', () => {
  const inputs = [0, 1, 2].map((i) => layers.input({ shape: [2], name: `an_input_with_a_long_name_${i}` }))
  const long = layers.add({ name: 'a_layer_with_so_long_a_name_that_it_has_to_be_broken_in_the_middle' }).apply(inputs)
  const text = model({ inputs, outputs: long, name: 'wide' }).summary(false)
  expect(Math.max(...text.split('\n').map(({ length }) => length))).toBe(100)
  expect(text).toMatchInlineSnapshot(`
    "Model: "wide"
    ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
    ┃ Layer (type)                       ┃ Output Shape ┃ Param # ┃ Connected to                       ┃
    ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
    │ an_input_with_a_long_name_0        │ (None, 2)    │       0 │ -                                  │
    │ (InputLayer)                       │              │         │                                    │
    ├────────────────────────────────────┼──────────────┼─────────┼────────────────────────────────────┤
    │ an_input_with_a_long_name_1        │ (None, 2)    │       0 │ -                                  │
    │ (InputLayer)                       │              │         │                                    │
    ├────────────────────────────────────┼──────────────┼─────────┼────────────────────────────────────┤
    │ an_input_with_a_long_name_2        │ (None, 2)    │       0 │ -                                  │
    │ (InputLayer)                       │              │         │                                    │
    ├────────────────────────────────────┼──────────────┼─────────┼────────────────────────────────────┤
    │ a_layer_with_so_long_a_name_that_i │ (None, 2)    │       0 │ an_input_with_a_long_name_0,       │
    │ t_has_to_be_broken_in_the_middle   │              │         │ an_input_with_a_long_name_1,       │
    │ (Add)                              │              │         │ an_input_with_a_long_name_2        │
    └────────────────────────────────────┴──────────────┴─────────┴────────────────────────────────────┘
     Total params: 0 (0 B)
     Trainable params: 0 (0 B)
     Non-trainable params: 0 (0 B)"
  `)
})

it('refuses to be printed later, whose errors would be nobody’s', () => {
  const late = (async () => {
    throw new RangeError('no paper')
  }) as unknown as () => void
  expect(() => sequential({ layers: [dense({ units: 1, inputShape: [1] })] }).summary(late)).toThrow(
    '[summary] the function must not be asynchronous',
  )
})
