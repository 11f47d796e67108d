export { Dataset } from './dataset.js'
