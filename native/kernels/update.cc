// Optimizer steps, as Keras 3 defines them; state and scalars are listed at each kernel. Also the moving
// average.
#include "../simd/reduce.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {
namespace {

// scalars: rate, momentum. state: w, v.
template <bool nesterov>
void sgd_velocity(float* const* state, const float* gradient, int64_t n, const float* scalars) {
  float* const w = state[0];
  float* const v = state[1];
  const F32 rate = set1(scalars[0]), mu = set1(scalars[1]);
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 step = rate * load_some(gradient + i, count);
    const F32 velocity = fms(mu, load_some(v + i, count), step);
    store_some(v + i, velocity, count);
    store_some(w + i, load_some(w + i, count) + (nesterov ? fms(mu, velocity, step) : velocity), count);
  });
}

// scalars: rate, rho, 1 - rho, epsilon, momentum. state: w, v, then the momentum buffer, then the average
// gradient.
template <bool with_momentum, bool centered>
void rmsprop_step(float* const* state, const float* gradient, int64_t n, const float* scalars) {
  float* const w = state[0];
  float* const v = state[1];
  float* const momentum = with_momentum ? state[2] : nullptr;
  float* const average = centered ? state[with_momentum ? 3 : 2] : nullptr;
  const F32 rate = set1(scalars[0]), rho = set1(scalars[1]), rest = set1(scalars[2]),
            epsilon = set1(scalars[3]), mu = set1(scalars[4]);
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 g = load_some(gradient + i, count);
    const F32 square = fma(rho, load_some(v + i, count), rest * (g * g));
    store_some(v + i, square, count);
    F32 denominator = square;
    if constexpr (centered) {
      const F32 a = fma(rho, load_some(average + i, count), rest * g);
      store_some(average + i, a, count);
      denominator = fnma(a, a, square);
    }
    F32 step = (rate * g) / sqrt(denominator + epsilon);
    if constexpr (with_momentum) {
      step = fma(mu, load_some(momentum + i, count), step);
      store_some(momentum + i, step, count);
    }
    store_some(w + i, load_some(w + i, count) - step, count);
  });
}

// scalars: step size, 1 - beta1, 1 - beta2, epsilon. state: w, m, v, then the largest v.
template <bool amsgrad>
void adam_step(float* const* state, const float* gradient, int64_t n, const float* scalars) {
  float* const w = state[0];
  float* const m = state[1];
  float* const v = state[2];
  float* const largest = amsgrad ? state[3] : nullptr;
  const F32 rate = set1(scalars[0]), rest1 = set1(scalars[1]), rest2 = set1(scalars[2]),
            epsilon = set1(scalars[3]);
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 g = load_some(gradient + i, count);
    const F32 m0 = load_some(m + i, count);
    const F32 v0 = load_some(v + i, count);
    const F32 m1 = fma(g - m0, rest1, m0);
    F32 v1 = fma(fms(g, g, v0), rest2, v0);
    store_some(m + i, m1, count);
    store_some(v + i, v1, count);
    if constexpr (amsgrad) {
      v1 = max(load_some(largest + i, count), v1);
      store_some(largest + i, v1, count);
    }
    store_some(w + i, load_some(w + i, count) - (m1 * rate) / (sqrt(v1) + epsilon), count);
  });
}

}  // namespace

// scalars: rate. state: w.
void sgd(float* const* state, const float* gradient, int64_t n, const float* scalars) {
  float* const w = state[0];
  const F32 rate = set1(scalars[0]);
  for_each_vec(n, [=](int64_t i, auto count) {
    store_some(w + i, fnma(rate, load_some(gradient + i, count), load_some(w + i, count)), count);
  });
}

#define UPDATE(name, ...)                                                                  \
  void name(float* const* state, const float* gradient, int64_t n, const float* scalars) { \
    __VA_ARGS__(state, gradient, n, scalars);                                              \
  }
UPDATE(sgd_momentum, sgd_velocity<false>)
UPDATE(sgd_nesterov, sgd_velocity<true>)
UPDATE(rmsprop, rmsprop_step<false, false>)
UPDATE(rmsprop_momentum, rmsprop_step<true, false>)
UPDATE(rmsprop_centered, rmsprop_step<false, true>)
UPDATE(rmsprop_centered_momentum, rmsprop_step<true, true>)
UPDATE(adam, adam_step<false>)
UPDATE(adam_amsgrad, adam_step<true>)
#undef UPDATE

void moving_average(float* running, const float* batch, int64_t n, float momentum, float rest) {
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 fresh = set1(rest) * load_some(batch + i, count);
    store_some(running + i, fma(set1(momentum), load_some(running + i, count), fresh), count);
  });
}

}  // namespace myelin::MYELIN_NS
