// Optimizer updates, in place and of all parameters in one call; there are no outputs. The inputs come in groups of
// parameter, gradient, slots; update_rule.h says which slots and numbers a rule has. Where the attribute behind these,
// scaled, is 1, one more input follows: by what the gradients are multiplied besides, one factor for each parameter or one
// for all. The attributes behind that are numbers of parameters, and for each of them there is one more input, a
// coefficient: the gradient is g + coefficient * w.
//   sgdUpdate       [w, g, (v)]
//   rmspropUpdate   [w, g, v, (m), (a)]
//   adamUpdate      [w, g, m, v, (vhat)]
//   adagradUpdate   [w, g, a]
//   adadeltaUpdate  [w, g, a, d]
//   adamaxUpdate    [w, g, m, u]
//   nadamUpdate     [w, g, m, v]
//   lionUpdate      [w, g, m]
// assignMovingAverage: running, batch; running = momentum * running + (1 - momentum) * batch. attrs [momentum].
#include "penalty.h"
#include "update_rule.h"

namespace myelin {
namespace {

constexpr int64_t kGrain = 16384;  // elements that are worth a thread

template <Rule rule>
const char* check(const OpArgs& a) {
  if (a.outs != 0 || a.attr_count <= update_numbers(rule))
    return "has the wrong number of outputs or attributes";
  if (a.ins > kMostPaired) return "has more than 32768 inputs";
  if (const char* wrong = check_update_numbers(rule, a, 0)) return wrong;
  if (!whole_attr(a, update_numbers(rule), 0, 1)) return "scaled must be 0 or 1";
  const int scaled = static_cast<int>(a.attr_int(update_numbers(rule)));
  const int group = 2 + update_step(rule, a.attrs).slots;
  const int penalties = a.attr_count - update_numbers(rule) - 1;
  const int grouped = a.ins - penalties - scaled;
  if (grouped < 0 || grouped % group != 0)
    return "every parameter needs its gradient and the optimizer's slots";
  for (int p = 0; p < grouped; p += group) {
    for (int i = p; i < p + group; i++) {
      if (!a.in[i].is_float()) return "parameters, gradients and slots must be float32";
      if (a.in[i].size() != a.in[p].size()) return "a gradient or slot is not of its parameter's size";
      for (int j = p; j < i; j++)
        if (overlap(a.in[i], a.in[j])) return "a parameter, its gradient and its slots must not share memory";
    }
  }
  if (const char* wrong = check_penalized(a, update_numbers(rule) + 1, grouped / group)) return wrong;
  for (int k = a.ins - penalties; k < a.ins; k++) {
    if (!is_coefficient(a.in[k])) return "a coefficient must be one float32";
    for (int i = 0; i < grouped; i++)
      if (i % group != 1 && overlap(a.in[k], a.in[i]))
        return "coefficients must not share memory with what is changed";
  }
  if (scaled == 0) return nullptr;
  const View& factors = a.in[grouped];
  if (!factors.is_float()) return "the factors must be float32";
  if (factors.size() != 1 && factors.size() != grouped / group)
    return "expects one factor, or one for each parameter";
  for (int i = 0; i < grouped; i++)
    if (i % group != 1 && overlap(factors, a.in[i]))
      return "the factors must not share memory with what is changed";
  return nullptr;
}

// Parameters lie end to end in one range of elements, of which each thread takes a part.
template <Rule rule>
const char* run(const OpArgs& a, Context& ctx) {
  const UpdateStep step = update_step(rule, a.attrs);
  if (!step.apply) return nullptr;
  const int group = 2 + step.slots;
  const double* const penalized = a.attrs + update_numbers(rule) + 1;
  const int penalties = a.attr_count - update_numbers(rule) - 1;
  const bool scaled = a.attr_int(update_numbers(rule)) != 0;
  const int grouped = a.ins - penalties - scaled;
  const float* const factors = scaled ? a.in[grouped].f32() : nullptr;
  const bool each = factors != nullptr && a.in[grouped].size() > 1;
  Update* const kernel = ctx.kernels.*step.kernels.update;
  int64_t total = 0;
  for (int p = 0; p < grouped; p += group) total += a.in[p].size();
  ctx.for_range(total, kGrain, [&](int64_t begin, int64_t end) {
    UpdateScalars scalars = step.scalars;
    int64_t first = 0;  // of this parameter, in the whole range
    int penalty = 0;    // the next one
    for (int p = 0; p < grouped && first < end; p += group) {
      const bool has_penalty = penalty < penalties && penalized[penalty] == p / group;
      scalars.penalty = has_penalty ? a.in[a.ins - penalties + penalty++].f32() : nullptr;
      const int64_t size = a.in[p].size();
      const int64_t from = begin > first ? begin - first : 0;
      const int64_t to = end - first < size ? end - first : size;
      first += size;
      if (from >= to) continue;
      if (factors != nullptr) scalars.scale = step.scalars.scale * factors[each ? p / group : 0];
      float* state[1 + kMostSlots];
      state[0] = a.in[p].f32() + from;
      for (int i = 2; i < group; i++) state[i - 1] = a.in[p + i].f32() + from;
      kernel(state, a.in[p + 1].f32() + from, to - from, scalars);
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
  ctx.for_range(a.in[0].size(), 2 * kGrain, [&](int64_t begin, int64_t end) {
    ctx.kernels.moving_average(a.in[0].f32() + begin, a.in[1].f32() + begin, end - begin, momentum,
                               rest_of(a.attrs[0]));
  });
  return nullptr;
}

}  // namespace

extern const OpDef op_sgdUpdate{"sgdUpdate", check<Rule::kSgd>, run<Rule::kSgd>};
extern const OpDef op_rmspropUpdate{"rmspropUpdate", check<Rule::kRmsprop>, run<Rule::kRmsprop>};
extern const OpDef op_adamUpdate{"adamUpdate", check<Rule::kAdam>, run<Rule::kAdam>};
extern const OpDef op_adagradUpdate{"adagradUpdate", check<Rule::kAdagrad>, run<Rule::kAdagrad>};
extern const OpDef op_adadeltaUpdate{"adadeltaUpdate", check<Rule::kAdadelta>, run<Rule::kAdadelta>};
extern const OpDef op_adamaxUpdate{"adamaxUpdate", check<Rule::kAdamax>, run<Rule::kAdamax>};
extern const OpDef op_nadamUpdate{"nadamUpdate", check<Rule::kNadam>, run<Rule::kNadam>};
extern const OpDef op_lionUpdate{"lionUpdate", check<Rule::kLion>, run<Rule::kLion>};
extern const OpDef op_assignMovingAverage{"assignMovingAverage", check_average, run_average};

}  // namespace myelin
