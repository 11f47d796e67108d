import { setCurveDrawer } from '../train/callbacks/learning-rate-curve.js'
import { drawCurve } from './learning-rate-curve.js'

setCurveDrawer(drawCurve)
