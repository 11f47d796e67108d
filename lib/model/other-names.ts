import { tellOtherNames } from '../core/other-names.js'
import { Layer } from '../nn/layer.js'
import { RuledMetric } from '../nn/metrics/metric.js'
import { Optimizer } from '../optim/optimizer.js'
import { Model } from './model.js'

// Names in Keras, tfjs and PyTorch of the methods of models, layers, optimizers and metrics.

const onBatch = 'model.fit([[x, y]], { verbose: 0 }), or a step of your own by compileStep'

tellOtherNames(Model, {
  get_weights: 'model.getWeights()',
  set_weights: 'model.setWeights(values)',
  state_dict: 'model.state(), or to a file model.saveWeights(path)',
  load_state_dict: 'model.restore(state), or of a file model.loadWeights(path, { mapping })',
  count_params: 'model.countParams()',
  get_layer: 'model.getLayer(name)',
  save_weights: 'model.saveWeights(path)',
  load_weights: 'model.loadWeights(path)',
  to_json: 'JSON.stringify(model)',
  get_compile_config: 'model.getCompileConfig()',
  trainOnBatch: onBatch,
  train_on_batch: onBatch,
  test_on_batch: 'model.evaluate(x, y)',
  predictOnBatch: 'model.predictSync(x)',
  predict_on_batch: 'model.predictSync(x)',
  predict_classes: '(await model.predict(x)).argMax(-1)',
  fitDataset: 'model.fit(dataset, options)',
  fit_generator: 'model.fit(batches, options)',
  evaluateDataset: 'model.evaluate(dataset, options)',
  evaluate_generator: 'model.evaluate(batches, options)',
  predict_generator: 'for await (const y of model.predictStream(batches)) …',
  parameters: 'model.trainableWeights, or model.weights',
  forward: 'model.call(x)',
  train: 'model.call(x, { training: true }), or model.fit(x, y)',
  eval: 'model.call(x): without { training: true } it is inference',
  zero_grad: 'model.zeroGrad()',
})

tellOtherNames(Layer, {
  getWeights: 'layer.weights, and of each of them toArray()',
  get_weights: 'layer.weights, and of each of them toArray()',
  setWeights: 'layer.weights[i].assign(tensor)',
  set_weights: 'layer.weights[i].assign(tensor)',
  get_config: 'layer.getConfig()',
  add_weight: 'layer.addWeight(name, shape, options)',
  add_loss: 'layer.addLoss(loss)',
  forward: 'layer.call(x), or layer.apply(x)',
  parameters: 'layer.trainableWeights, or layer.weights',
})

tellOtherNames(Optimizer, {
  step: 'optimizer.apply(parameters)',
  zero_grad: 'optimizer.zeroGrad()',
  apply_gradients: 'optimizer.update(parameters, gradients)',
  applyGradients: 'optimizer.update(parameters, gradients)',
  minimize: 'compileStep(loss, { parameters, optimizer })',
  get_config: 'optimizer.getConfig()',
})

tellOtherNames(RuledMetric, {
  update_state: 'metric.update(yTrue, yPred)',
  updateState: 'metric.update(yTrue, yPred)',
  reset_state: 'metric.reset()',
  resetState: 'metric.reset()',
  reset_states: 'metric.reset()',
})
