/** Microseconds of a step in each epoch of a fit, and the mean losses. */
export async function timeEpochs(model, x, y, options, stepsPerEpoch) {
  const us = []
  let begun = 0
  const callbacks = {
    onEpochBegin: () => {
      begun = performance.now()
    },
    onEpochEnd: () => {
      us.push(((performance.now() - begun) * 1000) / stepsPerEpoch)
    },
  }
  const { history } = await model.fit(x, y, { ...options, stepsPerEpoch, verbose: 0, callbacks })
  return { us, loss: history.loss }
}
