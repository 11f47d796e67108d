// Optimizer steps, as Keras 3 defines them; state and scalars are listed at each kernel. Also the moving average.
#include "../simd/reduce.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {
namespace {

// What all rules read and change: the gradient, scaled and clipped, and the parameter, decayed.
struct Common {
  const float* gradient;
  float* w;
  bool penalized;
  F32 scale, least, most, decay, penalty;

  Common(float* const* state, const float* g, const UpdateScalars& scalars)
      : gradient(g),
        w(state[0]),
        penalized(scalars.penalty != nullptr),
        scale(set1(scalars.scale)),
        least(set1(-scalars.limit)),
        most(set1(scalars.limit)),
        decay(set1(scalars.decay)),
        penalty(set1(penalized ? *scalars.penalty : 0.0f)) {}

  template <class Count>
  F32 g(int64_t i, Count count) const {
    F32 g = load_some(gradient + i, count);
    if (penalized) g = g + load_some(w + i, count) * penalty;
    return at_most(at_least(scale * g, least), most);
  }
  template <class Count>
  F32 parameter(int64_t i, Count count) const {
    const F32 old = load_some(w + i, count);
    return fnma(decay, old, old);
  }
};

// scalars: rate, momentum. state: w, v.
template <bool nesterov>
void sgd_velocity(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars) {
  const Common common(state, gradient, scalars);
  float* const v = state[1];
  const F32 rate = set1(scalars.rule[0]), mu = set1(scalars.rule[1]);
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 step = rate * common.g(i, count);
    const F32 velocity = fms(mu, load_some(v + i, count), step);
    store_some(v + i, velocity, count);
    const F32 change = nesterov ? fms(mu, velocity, step) : velocity;
    store_some(common.w + i, common.parameter(i, count) + change, count);
  });
}

// scalars: rate, rho, 1 - rho, epsilon, momentum. state: w, v, then the momentum buffer, then the average
// gradient.
template <bool with_momentum, bool centered>
void rmsprop_step(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars) {
  const Common common(state, gradient, scalars);
  float* const v = state[1];
  float* const momentum = with_momentum ? state[2] : nullptr;
  float* const average = centered ? state[with_momentum ? 3 : 2] : nullptr;
  const F32 rate = set1(scalars.rule[0]), rho = set1(scalars.rule[1]), rest = set1(scalars.rule[2]),
            epsilon = set1(scalars.rule[3]), mu = set1(scalars.rule[4]);
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 g = common.g(i, count);
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
    store_some(common.w + i, common.parameter(i, count) - step, count);
  });
}

// scalars: step size, 1 - beta1, 1 - beta2, epsilon. state: w, m, v, then the largest v.
template <bool amsgrad>
void adam_step(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars) {
  const Common common(state, gradient, scalars);
  float* const m = state[1];
  float* const v = state[2];
  float* const largest = amsgrad ? state[3] : nullptr;
  const F32 rate = set1(scalars.rule[0]), rest1 = set1(scalars.rule[1]), rest2 = set1(scalars.rule[2]),
            epsilon = set1(scalars.rule[3]);
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 g = common.g(i, count);
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
    store_some(common.w + i, common.parameter(i, count) - (m1 * rate) / (sqrt(v1) + epsilon), count);
  });
}

// scalars: rate. state: w.
void sgd_step(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars) {
  const Common common(state, gradient, scalars);
  const F32 rate = set1(scalars.rule[0]);
  for_each_vec(n, [=](int64_t i, auto count) {
    store_some(common.w + i, fnma(rate, common.g(i, count), common.parameter(i, count)), count);
  });
}

// scalars: rate, epsilon. state: w, the sum of squared gradients.
void adagrad_step(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars) {
  const Common common(state, gradient, scalars);
  float* const a = state[1];
  const F32 rate = set1(scalars.rule[0]), epsilon = set1(scalars.rule[1]);
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 g = common.g(i, count);
    const F32 squares = fma(g, g, load_some(a + i, count));
    store_some(a + i, squares, count);
    store_some(common.w + i, common.parameter(i, count) - (rate * g) / sqrt(squares + epsilon), count);
  });
}

// scalars: rate, rho, 1 - rho, epsilon. state: w, the average of squared gradients, that of squared changes.
void adadelta_step(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars) {
  const Common common(state, gradient, scalars);
  float* const a = state[1];
  float* const d = state[2];
  const F32 rate = set1(scalars.rule[0]), rho = set1(scalars.rule[1]), rest = set1(scalars.rule[2]),
            epsilon = set1(scalars.rule[3]);
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 g = common.g(i, count);
    const F32 squares = fma(rho, load_some(a + i, count), rest * (g * g));
    store_some(a + i, squares, count);
    const F32 changes = load_some(d + i, count);
    const F32 change = (sqrt(changes + epsilon) * g) / sqrt(squares + epsilon);
    store_some(d + i, fma(rho, changes, rest * (change * change)), count);
    store_some(common.w + i, fnma(rate, change, common.parameter(i, count)), count);
  });
}

// scalars: step size, 1 - beta1, beta2, epsilon. state: w, m, the largest gradient of late.
void adamax_step(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars) {
  const Common common(state, gradient, scalars);
  float* const m = state[1];
  float* const u = state[2];
  const F32 rate = set1(scalars.rule[0]), rest1 = set1(scalars.rule[1]), beta2 = set1(scalars.rule[2]),
            epsilon = set1(scalars.rule[3]);
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 g = common.g(i, count);
    const F32 m0 = load_some(m + i, count);
    const F32 m1 = fma(g - m0, rest1, m0);
    const F32 largest = max(beta2 * load_some(u + i, count), abs(g));
    store_some(m + i, m1, count);
    store_some(u + i, largest, count);
    store_some(common.w + i, common.parameter(i, count) - (m1 * rate) / (largest + epsilon), count);
  });
}

// scalars: by what m, g and v are multiplied, 1 - beta1, 1 - beta2, epsilon. state: w, m, v.
void nadam_step(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars) {
  const Common common(state, gradient, scalars);
  float* const m = state[1];
  float* const v = state[2];
  const F32 of_m = set1(scalars.rule[0]), of_g = set1(scalars.rule[1]), of_v = set1(scalars.rule[2]),
            rest1 = set1(scalars.rule[3]), rest2 = set1(scalars.rule[4]), epsilon = set1(scalars.rule[5]);
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 g = common.g(i, count);
    const F32 m0 = load_some(m + i, count);
    const F32 v0 = load_some(v + i, count);
    const F32 m1 = fma(g - m0, rest1, m0);
    const F32 v1 = fma(fms(g, g, v0), rest2, v0);
    store_some(m + i, m1, count);
    store_some(v + i, v1, count);
    const F32 step = fma(of_m, m1, of_g * g) / (sqrt(of_v * v1) + epsilon);
    store_some(common.w + i, common.parameter(i, count) - step, count);
  });
}

// scalars: rate, beta1, 1 - beta1, beta2, 1 - beta2. state: w, m.
void lion_step(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars) {
  const Common common(state, gradient, scalars);
  float* const m = state[1];
  const F32 rate = set1(scalars.rule[0]), beta1 = set1(scalars.rule[1]), rest1 = set1(scalars.rule[2]),
            beta2 = set1(scalars.rule[3]), rest2 = set1(scalars.rule[4]);
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 g = common.g(i, count);
    const F32 m0 = load_some(m + i, count);
    const F32 c = fma(beta1, m0, rest1 * g);
    // A zero or a NaN stands for itself.
    const F32 step = select(c > zero(), rate, select(c < zero(), neg(rate), c));
    store_some(m + i, fma(beta2, m0, rest2 * g), count);
    store_some(common.w + i, common.parameter(i, count) - step, count);
  });
}

}  // namespace

#define UPDATE(name, ...)                                                                          \
  void name(float* const* state, const float* gradient, int64_t n, const UpdateScalars& scalars) { \
    __VA_ARGS__(state, gradient, n, scalars);                                                      \
  }
UPDATE(sgd, sgd_step)
UPDATE(sgd_momentum, sgd_velocity<false>)
UPDATE(sgd_nesterov, sgd_velocity<true>)
UPDATE(rmsprop, rmsprop_step<false, false>)
UPDATE(rmsprop_momentum, rmsprop_step<true, false>)
UPDATE(rmsprop_centered, rmsprop_step<false, true>)
UPDATE(rmsprop_centered_momentum, rmsprop_step<true, true>)
UPDATE(adam, adam_step<false>)
UPDATE(adam_amsgrad, adam_step<true>)
UPDATE(adagrad, adagrad_step)
UPDATE(adadelta, adadelta_step)
UPDATE(adamax, adamax_step)
UPDATE(nadam, nadam_step)
UPDATE(lion, lion_step)
#undef UPDATE

void moving_average(float* running, const float* batch, int64_t n, float momentum, float rest) {
  for_each_vec(n, [=](int64_t i, auto count) {
    const F32 fresh = set1(rest) * load_some(batch + i, count);
    store_some(running + i, fma(set1(momentum), load_some(running + i, count), fresh), count);
  });
}

}  // namespace myelin::MYELIN_NS
