// Optimizer updates, in place and of all parameters in one call; there are no outputs. Inputs are groups of parameter, gradient and
// slots, perhaps with factors and penalties: see gradient_groups.h. attrs: the rule's numbers and those that all rules have, see
// update_rule.h; then what the groups need.
#include "gradient_groups.h"
#include "update_rule.h"

namespace myelin {
namespace {

constexpr int64_t kGrain = 16384;  // elements that are worth a thread

template <Rule rule>
GradientGroups groups_of(const OpArgs& a) {
  return {a, update_numbers(rule), 2 + update_step(rule, a.attrs).slots};
}

template <Rule rule>
const char* check(const OpArgs& a) {
  if (a.outs != 0 || a.attr_count <= update_numbers(rule))
    return "has the wrong number of outputs or attributes";
  if (a.ins > kMostPaired) return "has more than 32768 inputs";
  if (const char* wrong = check_update_numbers(rule, a, 0)) return wrong;
  const GradientGroups groups = groups_of<rule>(a);
  if (const char* wrong = groups.check()) return wrong;
  for (int p = 0; p < groups.count; p++) {
    const View* const group = groups.group(p);
    for (int i = 0; i < groups.size; i++) {
      if (!group[i].is_float()) return "parameters, gradients and slots must be float32";
      if (group[i].size() != group[0].size()) return "a gradient or slot is not of its parameter's size";
      for (int j = 0; j < i; j++)
        if (overlap(group[i], group[j])) return "a parameter, its gradient and its slots must not share memory";
    }
  }
  const auto is_changed = [&](const View& view) {
    for (int p = 0; p < groups.count; p++)
      for (int i = 0; i < groups.size; i++)
        if (i != 1 && overlap(view, groups.group(p)[i])) return true;
    return false;
  };
  for (int k = 0; k < groups.penalties; k++)
    if (is_changed(*groups.penalty(k).coefficient))
      return "coefficients must not share memory with what is changed";
  if (groups.factors() != nullptr && is_changed(*groups.factors()))
    return "the factors must not share memory with what is changed";
  return nullptr;
}

// Parameters lie end to end in one range of elements, of which each thread takes a part.
template <Rule rule>
const char* run(const OpArgs& a, Context& ctx) {
  const UpdateStep step = update_step(rule, a.attrs);
  if (!step.apply) return nullptr;
  const GradientGroups groups = groups_of<rule>(a);
  const float* const factors = groups.factors() == nullptr ? nullptr : groups.factors()->f32();
  const bool each = factors != nullptr && groups.factors()->size() > 1;
  Update* const kernel = ctx.kernels.*step.kernels.update;
  int64_t total = 0;
  for (int p = 0; p < groups.count; p++) total += groups.gradient(p).size();
  ctx.for_range(total, kGrain, [&](int64_t begin, int64_t end) {
    UpdateScalars scalars = step.scalars;
    int64_t first = 0;  // of this parameter, in the whole range
    int penalty = 0;    // the next one
    for (int p = 0; p < groups.count && first < end; p++) {
      const View* const group = groups.group(p);
      const View* const coefficient = groups.penalty_of(p, &penalty).coefficient;
      scalars.penalty = coefficient == nullptr ? nullptr : coefficient->f32();
      const int64_t size = group[0].size();
      const int64_t from = begin > first ? begin - first : 0;
      const int64_t to = end - first < size ? end - first : size;
      first += size;
      if (from >= to) continue;
      if (factors != nullptr) scalars.scale = step.scalars.scale * factors[each ? p : 0];
      float* state[1 + kMostSlots];
      state[0] = group[0].f32() + from;
      for (int i = 2; i < groups.size; i++) state[i - 1] = group[i].f32() + from;
      kernel(state, group[1].f32() + from, to - from, scalars);
    }
  });
  return nullptr;
}

}  // namespace

#define RULE(constant, name, numbers)   \
  extern const OpDef op_##name##Update; \
  const OpDef op_##name##Update = {#name "Update", check<Rule::constant>, run<Rule::constant>};
#include "rules.def"
#undef RULE

}  // namespace myelin
