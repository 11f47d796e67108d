// Writing over a tensor that stays.
//   assign               target, value: target = value if the attribute apply is 1
//   assignMovingAverage  running, batch: running = momentum * running + (1 - momentum) * batch. attrs [momentum]
#include <cstring>

#include "words.h"

namespace myelin {
namespace {

constexpr int64_t kGrain = 65536;         // elements that are worth a thread
constexpr int64_t kAverageGrain = 32768;

const char* check(const OpArgs& a) {
  if (a.ins != 2 || a.outs != 0 || a.attr_count != 1) return "expects a target, its value, and apply";
  if (!whole_attr(a, 0, 0, 1)) return "apply must be 0 or 1";
  if (!a.in[0].is_float() || !same_shape(a.in[0], a.in[1]) || !a.in[1].is_float())
    return "target and value must be float32 of one shape";
  return overlap(a.in[0], a.in[1]) ? "target and value must not share memory" : nullptr;
}

const char* run(const OpArgs& a, Context& ctx) {
  if (a.attr_int(0) == 0) return nullptr;
  ctx.for_range(a.in[0].size(), kGrain, [&](int64_t begin, int64_t end) {
    std::memcpy(a.in[0].f32() + begin, a.in[1].f32() + begin,
                static_cast<size_t>(end - begin) * sizeof(float));
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
  const float momentum = a.attr(0), rest = static_cast<float>(1.0 - a.attrs[0]);
  ctx.for_range(a.in[0].size(), kAverageGrain, [&](int64_t begin, int64_t end) {
    ctx.kernels.moving_average(a.in[0].f32() + begin, a.in[1].f32() + begin, end - begin, momentum, rest);
  });
  return nullptr;
}

}  // namespace

extern const OpDef op_assign{"assign", check, run};
extern const OpDef op_assignMovingAverage{"assignMovingAverage", check_average, run_average};

}  // namespace myelin
