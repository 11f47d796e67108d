import { setModelFiles } from '../model/model.js'
import { loadWeights } from './load-weights.js'
import { tellModel } from './model-config.js'
import { saveModel, saveWeights } from './model-file.js'

export { cloneModel, modelFromJSON } from './model-config.js'
export { loadModel } from './model-file.js'

setModelFiles({
  save: saveModel,
  saveWeights,
  loadWeights,
  toJSON: (model) => tellModel(model, 'toJSON'),
})
