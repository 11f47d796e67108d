// Optimizer rules, as Keras 3 defines them: what each does to a vector of elements whose gradient is at hand. State and
// scalars are listed at each; state[0] is the parameter w, behind it lie the rule's slots.
#pragma once

#include "../simd/math_poly.h"
#include "../simd/reduce.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {
namespace {

// The beginning of all rules: the gradient is scaled and clipped, the parameter decayed. What would change nothing is left out:
// that the multiplications take the place of a product's costs more than asking.
struct Common {
  float* w;
  bool penalized, limited, decays;
  F32 scale, least, most, decay, penalty;

  Common(float* const* state, const UpdateScalars& scalars)
      : w(state[0]),
        penalized(scalars.penalty != nullptr),
        limited(scalars.scale != 1 || scalars.limit < infinity()),
        decays(scalars.decay != 0),
        scale(set1(scalars.scale)),
        least(set1(-scalars.limit)),
        most(set1(scalars.limit)),
        decay(set1(scalars.decay)),
        penalty(set1(penalized ? *scalars.penalty : 0.0f)) {}

  template <class Count>
  MYELIN_INLINE_MEMBER F32 gradient(int64_t i, F32 g, Count count) const {
    if (penalized) g = g + load_some(w + i, count) * penalty;
    return limited ? at_most(at_least(scale * g, least), most) : g;
  }
  template <class Count>
  MYELIN_INLINE_MEMBER F32 parameter(int64_t i, Count count) const {
    const F32 old = load_some(w + i, count);
    return decays ? fnma(decay, old, old) : old;
  }
};

// scalars: rate. state: w.
struct Sgd {
  static constexpr int kArrays = 1;
  const Common common;
  const F32 rate;

  Sgd(float* const* state, const UpdateScalars& scalars) : common(state, scalars), rate(set1(scalars.rule[0])) {}

  template <class Count>
  MYELIN_INLINE_MEMBER void operator()(int64_t i, F32 raw, Count count) const {
    const F32 g = common.gradient(i, raw, count);
    store_some(common.w + i, fnma(rate, g, common.parameter(i, count)), count);
  }
};

// scalars: rate, momentum. state: w, v.
template <bool nesterov>
struct SgdVelocity {
  static constexpr int kArrays = 2;
  const Common common;
  float* const v;
  const F32 rate, mu;

  SgdVelocity(float* const* state, const UpdateScalars& scalars)
      : common(state, scalars), v(state[1]), rate(set1(scalars.rule[0])), mu(set1(scalars.rule[1])) {}

  template <class Count>
  MYELIN_INLINE_MEMBER void operator()(int64_t i, F32 raw, Count count) const {
    const F32 step = rate * common.gradient(i, raw, count);
    const F32 velocity = fms(mu, load_some(v + i, count), step);
    store_some(v + i, velocity, count);
    const F32 change = nesterov ? fms(mu, velocity, step) : velocity;
    store_some(common.w + i, common.parameter(i, count) + change, count);
  }
};

// scalars: rate, rho, 1 - rho, epsilon, momentum. state: w, v, then the momentum buffer, then the average gradient.
template <bool with_momentum, bool centered>
struct RmsProp {
  static constexpr int kArrays = 2 + with_momentum + centered;
  const Common common;
  float* const v;
  float* const momentum;
  float* const average;
  const F32 rate, rho, rest, epsilon, mu;

  RmsProp(float* const* state, const UpdateScalars& scalars)
      : common(state, scalars),
        v(state[1]),
        momentum(with_momentum ? state[2] : nullptr),
        average(centered ? state[with_momentum ? 3 : 2] : nullptr),
        rate(set1(scalars.rule[0])),
        rho(set1(scalars.rule[1])),
        rest(set1(scalars.rule[2])),
        epsilon(set1(scalars.rule[3])),
        mu(set1(scalars.rule[4])) {}

  template <class Count>
  MYELIN_INLINE_MEMBER void operator()(int64_t i, F32 raw, Count count) const {
    const F32 g = common.gradient(i, raw, count);
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
  }
};

// scalars: step size, 1 - beta1, 1 - beta2, epsilon. state: w, m, v, then the largest v.
template <bool amsgrad>
struct Adam {
  static constexpr int kArrays = 3 + amsgrad;
  const Common common;
  float* const m;
  float* const v;
  float* const largest;
  const F32 rate, rest1, rest2, epsilon;

  Adam(float* const* state, const UpdateScalars& scalars)
      : common(state, scalars),
        m(state[1]),
        v(state[2]),
        largest(amsgrad ? state[3] : nullptr),
        rate(set1(scalars.rule[0])),
        rest1(set1(scalars.rule[1])),
        rest2(set1(scalars.rule[2])),
        epsilon(set1(scalars.rule[3])) {}

  template <class Count>
  MYELIN_INLINE_MEMBER void operator()(int64_t i, F32 raw, Count count) const {
    const F32 g = common.gradient(i, raw, count);
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
  }
};

// scalars: rate, epsilon. state: w, the sum of squared gradients.
struct Adagrad {
  static constexpr int kArrays = 2;
  const Common common;
  float* const a;
  const F32 rate, epsilon;

  Adagrad(float* const* state, const UpdateScalars& scalars)
      : common(state, scalars), a(state[1]), rate(set1(scalars.rule[0])), epsilon(set1(scalars.rule[1])) {}

  template <class Count>
  MYELIN_INLINE_MEMBER void operator()(int64_t i, F32 raw, Count count) const {
    const F32 g = common.gradient(i, raw, count);
    const F32 squares = fma(g, g, load_some(a + i, count));
    store_some(a + i, squares, count);
    store_some(common.w + i, common.parameter(i, count) - (rate * g) / sqrt(squares + epsilon), count);
  }
};

// scalars: rate, rho, 1 - rho, epsilon. state: w, the average of squared gradients, that of squared changes.
struct Adadelta {
  static constexpr int kArrays = 3;
  const Common common;
  float* const a;
  float* const d;
  const F32 rate, rho, rest, epsilon;

  Adadelta(float* const* state, const UpdateScalars& scalars)
      : common(state, scalars),
        a(state[1]),
        d(state[2]),
        rate(set1(scalars.rule[0])),
        rho(set1(scalars.rule[1])),
        rest(set1(scalars.rule[2])),
        epsilon(set1(scalars.rule[3])) {}

  template <class Count>
  MYELIN_INLINE_MEMBER void operator()(int64_t i, F32 raw, Count count) const {
    const F32 g = common.gradient(i, raw, count);
    const F32 squares = fma(rho, load_some(a + i, count), rest * (g * g));
    store_some(a + i, squares, count);
    const F32 changes = load_some(d + i, count);
    const F32 change = (sqrt(changes + epsilon) * g) / sqrt(squares + epsilon);
    store_some(d + i, fma(rho, changes, rest * (change * change)), count);
    store_some(common.w + i, fnma(rate, change, common.parameter(i, count)), count);
  }
};

// scalars: step size, 1 - beta1, beta2, epsilon. state: w, m, the largest gradient of late.
struct Adamax {
  static constexpr int kArrays = 3;
  const Common common;
  float* const m;
  float* const u;
  const F32 rate, rest1, beta2, epsilon;

  Adamax(float* const* state, const UpdateScalars& scalars)
      : common(state, scalars),
        m(state[1]),
        u(state[2]),
        rate(set1(scalars.rule[0])),
        rest1(set1(scalars.rule[1])),
        beta2(set1(scalars.rule[2])),
        epsilon(set1(scalars.rule[3])) {}

  template <class Count>
  MYELIN_INLINE_MEMBER void operator()(int64_t i, F32 raw, Count count) const {
    const F32 g = common.gradient(i, raw, count);
    const F32 m0 = load_some(m + i, count);
    const F32 m1 = fma(g - m0, rest1, m0);
    const F32 largest = max(beta2 * load_some(u + i, count), abs(g));
    store_some(m + i, m1, count);
    store_some(u + i, largest, count);
    store_some(common.w + i, common.parameter(i, count) - (m1 * rate) / (largest + epsilon), count);
  }
};

// scalars: by what m, g and v are multiplied, 1 - beta1, 1 - beta2, epsilon. state: w, m, v.
struct Nadam {
  static constexpr int kArrays = 3;
  const Common common;
  float* const m;
  float* const v;
  const F32 of_m, of_g, of_v, rest1, rest2, epsilon;

  Nadam(float* const* state, const UpdateScalars& scalars)
      : common(state, scalars),
        m(state[1]),
        v(state[2]),
        of_m(set1(scalars.rule[0])),
        of_g(set1(scalars.rule[1])),
        of_v(set1(scalars.rule[2])),
        rest1(set1(scalars.rule[3])),
        rest2(set1(scalars.rule[4])),
        epsilon(set1(scalars.rule[5])) {}

  template <class Count>
  MYELIN_INLINE_MEMBER void operator()(int64_t i, F32 raw, Count count) const {
    const F32 g = common.gradient(i, raw, count);
    const F32 m0 = load_some(m + i, count);
    const F32 v0 = load_some(v + i, count);
    const F32 m1 = fma(g - m0, rest1, m0);
    const F32 v1 = fma(fms(g, g, v0), rest2, v0);
    store_some(m + i, m1, count);
    store_some(v + i, v1, count);
    const F32 step = fma(of_m, m1, of_g * g) / (sqrt(of_v * v1) + epsilon);
    store_some(common.w + i, common.parameter(i, count) - step, count);
  }
};

// scalars: rate, beta1, 1 - beta1, beta2, 1 - beta2. state: w, m.
struct Lion {
  static constexpr int kArrays = 2;
  const Common common;
  float* const m;
  const F32 rate, beta1, rest1, beta2, rest2;

  Lion(float* const* state, const UpdateScalars& scalars)
      : common(state, scalars),
        m(state[1]),
        rate(set1(scalars.rule[0])),
        beta1(set1(scalars.rule[1])),
        rest1(set1(scalars.rule[2])),
        beta2(set1(scalars.rule[3])),
        rest2(set1(scalars.rule[4])) {}

  template <class Count>
  MYELIN_INLINE_MEMBER void operator()(int64_t i, F32 raw, Count count) const {
    const F32 g = common.gradient(i, raw, count);
    const F32 m0 = load_some(m + i, count);
    const F32 c = fma(beta1, m0, rest1 * g);
    // A zero or a NaN stands for itself.
    const F32 step = select(c > zero(), rate, select(c < zero(), neg(rate), c));
    store_some(m + i, fma(beta2, m0, rest2 * g), count);
    store_some(common.w + i, common.parameter(i, count) - step, count);
  }
};

}  // namespace
}  // namespace myelin::MYELIN_NS
