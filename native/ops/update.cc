// Optimizer updates, in place and of all parameters in one call; there are no outputs. The inputs come in
// groups of parameter, gradient, slots; formulas are Keras 3's, and per-step scalars are computed by the
// caller in double.
//   sgdUpdate      [w, g, (v)]            attrs [learningRate, momentum, nesterov]; v if momentum is not 0
//   rmspropUpdate  [w, g, v, (m), (a)]    attrs [learningRate, rho, epsilon, momentum, centered]; m if
//   momentum is not 0,
//                                         a, the average gradient, if centered
//   adamUpdate     [w, g, m, v, (vhat)]   attrs [stepSize, beta1, beta2, epsilon, amsgrad]; vhat if amsgrad
// assignMovingAverage: running, batch; running = momentum * running + (1 - momentum) * batch. attrs
// [momentum].
#include "op.h"

namespace myelin {
namespace {

constexpr int64_t kGrain = 16384;  // elements that are worth a thread
constexpr int kMostSlots = 3;
constexpr int kMostScalars = 5;

// One optimizer with its options decided: the kernel, what it reads, and how many inputs belong to one
// parameter.
struct Rule {
  Update* KernelTable::*kernel;
  int group;
  float scalars[kMostScalars];
};

float rest(double x) { return static_cast<float>(1.0 - x); }

Rule sgd_rule(const OpArgs& a) {
  const bool momentum = a.attrs[1] != 0;
  return {!momentum         ? &KernelTable::sgd
          : a.attrs[2] != 0 ? &KernelTable::sgd_nesterov
                            : &KernelTable::sgd_momentum,
          momentum ? 3 : 2,
          {a.attr(0), a.attr(1)}};
}

Rule rmsprop_rule(const OpArgs& a) {
  static constexpr Update* KernelTable::*kKernels[2][2] = {
      {&KernelTable::rmsprop, &KernelTable::rmsprop_centered},
      {&KernelTable::rmsprop_momentum, &KernelTable::rmsprop_centered_momentum}};
  const bool momentum = a.attrs[3] != 0;
  const bool centered = a.attrs[4] != 0;
  return {kKernels[momentum][centered],
          3 + momentum + centered,
          {a.attr(0), a.attr(1), rest(a.attrs[1]), a.attr(2), a.attr(3)}};
}

Rule adam_rule(const OpArgs& a) {
  const bool amsgrad = a.attrs[4] != 0;
  return {amsgrad ? &KernelTable::adam_amsgrad : &KernelTable::adam,
          amsgrad ? 5 : 4,
          {a.attr(0), rest(a.attrs[1]), rest(a.attrs[2]), a.attr(3)}};
}

bool overlap(const View& a, const View& b) {
  const float* const x = a.f32();
  const float* const y = b.f32();
  return x != nullptr && y != nullptr && x < y + b.size() && y < x + a.size();
}

template <Rule (*rule_of)(const OpArgs&), int attr_count>
const char* check(const OpArgs& a) {
  if (a.outs != 0 || a.attr_count != attr_count) return "has the wrong number of outputs or attributes";
  for (int i = 0; i < attr_count; i++)
    if (a.attrs[i] != a.attrs[i]) return "attributes must be numbers";
  const int group = rule_of(a).group;
  if (a.ins % group != 0) return "every parameter needs its gradient and the optimizer's slots";
  for (int p = 0; p < a.ins; p += group) {
    for (int i = p; i < p + group; i++) {
      if (!a.in[i].is_float()) return "parameters, gradients and slots must be float32";
      if (a.in[i].size() != a.in[p].size()) return "a gradient or slot is not of its parameter's size";
      for (int j = p; j < i; j++)
        if (overlap(a.in[i], a.in[j])) return "a parameter, its gradient and its slots must not share memory";
    }
  }
  return nullptr;
}

// Parameters lie end to end in one range of elements, of which each thread takes a part.
template <Rule (*rule_of)(const OpArgs&)>
const char* run(const OpArgs& a, Context& ctx) {
  const Rule rule = rule_of(a);
  Update* const kernel = ctx.kernels.*rule.kernel;
  int64_t total = 0;
  for (int p = 0; p < a.ins; p += rule.group) total += a.in[p].size();
  ctx.pool.for_range(total, kGrain, [&](int64_t begin, int64_t end) {
    int64_t first = 0;  // of this parameter, in the whole range
    for (int p = 0; p < a.ins && first < end; p += rule.group) {
      const int64_t size = a.in[p].size();
      const int64_t from = begin > first ? begin - first : 0;
      const int64_t to = end - first < size ? end - first : size;
      first += size;
      if (from >= to) continue;
      float* state[1 + kMostSlots];
      state[0] = a.in[p].f32() + from;
      for (int s = 2; s < rule.group; s++) state[s - 1] = a.in[p + s].f32() + from;
      kernel(state, a.in[p + 1].f32() + from, to - from, rule.scalars);
    }
  });
  return nullptr;
}

const char* check_average(const OpArgs& a) {
  if (a.ins != 2 || a.outs != 0 || a.attr_count != 1)
    return "expects a running value, a batch's value, and momentum";
  if (!a.in[0].is_float() || !a.in[1].is_float()) return "both values must be float32";
  if (a.in[0].size() != a.in[1].size()) return "both values must have the same size";
  if (a.attrs[0] != a.attrs[0]) return "momentum must be a number";
  return overlap(a.in[0], a.in[1]) ? "the running value and the batch's must not share memory" : nullptr;
}

const char* run_average(const OpArgs& a, Context& ctx) {
  const float momentum = a.attr(0);
  ctx.pool.for_range(a.in[0].size(), 2 * kGrain, [&](int64_t begin, int64_t end) {
    ctx.kernels.moving_average(a.in[0].f32() + begin, a.in[1].f32() + begin, end - begin, momentum,
                               rest(a.attrs[0]));
  });
  return nullptr;
}

}  // namespace

extern const OpDef op_sgdUpdate{"sgdUpdate", check<sgd_rule, 3>, run<sgd_rule>};
extern const OpDef op_rmspropUpdate{"rmspropUpdate", check<rmsprop_rule, 5>, run<rmsprop_rule>};
extern const OpDef op_adamUpdate{"adamUpdate", check<adam_rule, 5>, run<adam_rule>};
extern const OpDef op_assignMovingAverage{"assignMovingAverage", check_average, run_average};

}  // namespace myelin
