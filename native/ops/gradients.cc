// What happens to gradients and parameters around an optimizer's update.
//   accumulateGradients  [total, g], ...: total = g if the attribute first is 1, else total + g
//   clipFactors          [g], ... -> factors: by what to multiply gradients so that their norm does not pass a limit.
//                        One factor for each gradient; or a single one, from the norm over all. attrs apply, scale, limit:
//                        scale multiplies the gradients before their norm is taken; with apply 0 the factors are 1.
//                        The attributes behind these are numbers of gradients, and for each of them there are two more
//                        inputs, w and a coefficient: the gradient is g + coefficient * w
//   assign               target, value: target = value if the attribute apply is 1
#include <cmath>
#include <cstring>

#include "../runtime/scratch.h"
#include "penalty.h"
#include "update_rule.h"

namespace myelin {
namespace {

constexpr int64_t kGrain = 32768;  // elements that are worth a thread
constexpr int64_t kBlock = 8192;   // whose squares are summed in one go
constexpr int kFirstPenalty = 3;   // the attribute

const char* check_accumulate(const OpArgs& a) {
  if (a.ins % 2 != 0 || a.outs != 0 || a.attr_count != 1) return "expects totals with their gradients, and first";
  if (!whole_attr(a, 0, 0, 1)) return "first must be 0 or 1";
  for (int i = 0; i < a.ins; i += 2) {
    if (!a.in[i].is_float() || !a.in[i + 1].is_float()) return "totals and gradients must be float32";
    if (a.in[i].size() != a.in[i + 1].size()) return "a gradient is not of its total's size";
    for (int j = 0; j < a.ins; j++)
      if (j != i && overlap(a.in[i], a.in[j])) return "a total must not share memory with anything else";
  }
  return nullptr;
}

const char* run_accumulate(const OpArgs& a, Context& ctx) {
  const bool first = a.attr_int(0) != 0;
  for (int i = 0; i < a.ins; i += 2) {
    ctx.pool.for_range(a.in[i].size(), kGrain, [&](int64_t begin, int64_t end) {
      float* const total = a.in[i].f32() + begin;
      const float* const g = a.in[i + 1].f32() + begin;
      if (first)
        std::memcpy(total, g, static_cast<size_t>(end - begin) * sizeof(float));
      else
        ctx.kernels.add(total, 1, g, 1, total, end - begin, nullptr);
    });
  }
  return nullptr;
}

int gradients_of(const OpArgs& a) { return a.ins - 2 * (a.attr_count - kFirstPenalty); }

const char* check_factors(const OpArgs& a) {
  if (a.outs != 1 || a.attr_count < kFirstPenalty) return "expects gradients, their factors, and apply, scale, limit";
  if (!whole_attr(a, 0, 0, 1)) return "apply must be 0 or 1";
  if (!std::isfinite(a.attrs[1])) return "scale must be finite";
  if (!(a.attrs[2] > 0) || !std::isfinite(a.attrs[2])) return "limit must be positive";
  if (!a.out[0].is_float()) return "the factors must be float32";
  const int gradients = gradients_of(a);
  if (gradients < 0) return "a penalty needs its parameter and its coefficient";
  if (a.out[0].size() != 1 && a.out[0].size() != gradients) return "expects one factor, or one for each gradient";
  for (int i = 0; i < a.ins; i++)
    if (!a.in[i].is_float()) return "gradients must be float32";
  if (const char* wrong = check_penalized(a, kFirstPenalty, gradients)) return wrong;
  for (int i = gradients, k = kFirstPenalty; i < a.ins; i += 2, k++) {
    if (a.in[i].size() != a.in[a.attr_int(k)].size()) return "a gradient is not of its parameter's size";
    if (!is_coefficient(a.in[i + 1])) return "a coefficient must be one float32";
  }
  return nullptr;
}

int64_t blocks_of(const View& x) { return (x.size() + kBlock - 1) / kBlock; }

// Gradients may explode as far as float32 goes: where their squares do not fit, they do in double.
double sum_squares(const float* x, int64_t n, Context& ctx) {
  float sum;
  ctx.kernels.sum_squares(x, &sum, 1, n, 1, 1);
  if (std::isfinite(sum)) return sum;
  double exact = 0;
  for (int64_t i = 0; i < n; i++) exact += double(x[i]) * double(x[i]);
  return exact;
}

// The same of g + w * coefficient, at most a block of them.
double sum_squares(const float* g, const float* w, const float* coefficient, int64_t n, Context& ctx) {
  float sum;
  ctx.kernels.penalized_squares(g, w, *coefficient, &sum, n);
  if (std::isfinite(sum)) return sum;
  float whole[kBlock];
  add_penalty(ctx.kernels, g, w, coefficient, whole, n);
  return sum_squares(whole, n, ctx);
}

float factor_of(double squares, double scale, double limit) {
  const double norm = std::fabs(scale) * std::sqrt(squares);
  if (!std::isfinite(norm)) return std::nanf("");
  return norm > limit ? static_cast<float>(limit / norm) : 1.0f;
}

const char* run_factors(const OpArgs& a, Context& ctx) {
  const View& factors = a.out[0];
  if (a.attr_int(0) == 0) {
    for (int64_t i = 0; i < factors.size(); i++) factors.f32()[i] = 1;
    return nullptr;
  }
  const int gradients = gradients_of(a);
  int64_t blocks = 0;
  for (int i = 0; i < gradients; i++) blocks += blocks_of(a.in[i]);
  const Scratch scratch(static_cast<size_t>(blocks) * sizeof(double));
  double* const sums = scratch.as<double>();
  ctx.pool.for_range(blocks, kGrain / kBlock, [&](int64_t begin, int64_t end) {
    int64_t first = 0;  // of this gradient's blocks
    int penalty = 0;    // the next one
    for (int i = 0; i < gradients && first < end; i++) {
      const bool has_penalty = kFirstPenalty + penalty < a.attr_count && a.attrs[kFirstPenalty + penalty] == i;
      const View* const parameter = has_penalty ? a.in + gradients + 2 * penalty++ : nullptr;
      const int64_t count = blocks_of(a.in[i]), size = a.in[i].size();
      for (int64_t b = begin > first ? begin - first : 0; b < count && first + b < end; b++) {
        const int64_t from = b * kBlock, n = size - from < kBlock ? size - from : kBlock;
        const float* const g = a.in[i].f32() + from;
        sums[first + b] = parameter == nullptr
                              ? sum_squares(g, n, ctx)
                              : sum_squares(g, parameter[0].f32() + from, parameter[1].f32(), n, ctx);
      }
      first += count;
    }
  });
  const bool each = factors.size() == gradients;
  double total = 0;
  const double* sum = sums;
  for (int i = 0; i < gradients; i++) {
    if (each) total = 0;
    for (const double* const end = sum + blocks_of(a.in[i]); sum < end; sum++) total += *sum;
    if (each) factors.f32()[i] = factor_of(total, a.attrs[1], a.attrs[2]);
  }
  if (!each) factors.f32()[0] = factor_of(total, a.attrs[1], a.attrs[2]);
  return nullptr;
}

const char* check_assign(const OpArgs& a) {
  if (a.ins != 2 || a.outs != 0 || a.attr_count != 1) return "expects a target, its value, and apply";
  if (!whole_attr(a, 0, 0, 1)) return "apply must be 0 or 1";
  if (!a.in[0].is_float() || !same_shape(a.in[0], a.in[1]) || !a.in[1].is_float())
    return "target and value must be float32 of one shape";
  return overlap(a.in[0], a.in[1]) ? "target and value must not share memory" : nullptr;
}

const char* run_assign(const OpArgs& a, Context& ctx) {
  if (a.attr_int(0) == 0) return nullptr;
  ctx.pool.for_range(a.in[0].size(), 2 * kGrain, [&](int64_t begin, int64_t end) {
    std::memcpy(a.in[0].f32() + begin, a.in[1].f32() + begin, static_cast<size_t>(end - begin) * sizeof(float));
  });
  return nullptr;
}

}  // namespace

extern const OpDef op_accumulateGradients{"accumulateGradients", check_accumulate, run_accumulate};
extern const OpDef op_clipFactors{"clipFactors", check_factors, run_factors};
extern const OpDef op_assign{"assign", check_assign, run_assign};

}  // namespace myelin
