// What happens to gradients and parameters around an optimizer's update.
//   accumulateGradients  [total, g], ...: total = g if the attribute first is 1, else total + g
//   clipFactors          [g], ... -> factors: by what to multiply gradients so that their norm does not pass a limit.
//                        One factor for each gradient; or a single one, from the norm over all. attrs apply, scale, limit:
//                        scale multiplies the gradients before their norm is taken; with apply 0 the factors are 1.
//                        The attributes behind these are numbers of gradients, and for each of them there are two more
//                        inputs, w and a coefficient: the gradient is g + coefficient * w.
//                        Outputs behind the factors, if there are any, one for each such w: its sum of squares, as
//                        sumSquares has it, in every step
//   assign               target, value: target = value if the attribute apply is 1
#include <cmath>
#include <cstring>

#include "penalty.h"
#include "reduce_blocks.h"
#include "update_rule.h"

namespace myelin {
namespace {

constexpr int64_t kGrain = 32768;  // elements that are worth a thread
constexpr int64_t kBlock = kRowBlock;
constexpr int kFirstPenalty = 3;  // the attribute

const char* check_accumulate(const OpArgs& a) {
  if (a.ins % 2 != 0 || a.outs != 0 || a.attr_count != 1)
    return "expects totals with their gradients, and first";
  if (!whole_attr(a, 0, 0, 1)) return "first must be 0 or 1";
  if (a.ins > kMostPaired) return "has more than 32768 inputs";
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
    ctx.for_range(a.in[i].size(), kGrain, [&](int64_t begin, int64_t end) {
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

int penalties_of(const OpArgs& a) { return a.attr_count - kFirstPenalty; }
int gradients_of(const OpArgs& a) { return a.ins - 2 * penalties_of(a); }

const char* check_factors(const OpArgs& a) {
  if (a.outs < 1 || a.attr_count < kFirstPenalty)
    return "expects gradients, their factors, and apply, scale, limit";
  if (a.outs != 1 && a.outs != 1 + penalties_of(a))
    return "expects a sum of squares for each penalty, or none";
  if (!whole_attr(a, 0, 0, 1)) return "apply must be 0 or 1";
  if (!std::isfinite(a.attrs[1])) return "scale must be finite";
  if (!(a.attrs[2] > 0) || !std::isfinite(a.attrs[2])) return "limit must be positive";
  if (!a.out[0].is_float()) return "the factors must be float32";
  const int gradients = gradients_of(a);
  if (gradients < 0) return "a penalty needs its parameter and its coefficient";
  if (a.out[0].size() != 1 && a.out[0].size() != gradients)
    return "expects one factor, or one for each gradient";
  for (int i = 1; i < a.outs; i++)
    if (!a.out[i].is_float() || a.out[i].size() != 1) return "a sum of squares must be one float32";
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

// Gradients may explode as far as float32 goes: where their squares do not fit, they do in double. element(i) is a float.
template <class F>
double sum_squares_exactly(int64_t n, F element) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += double(element(i)) * double(element(i));
  return sum;
}

double sum_squares(const float* x, int64_t n, Context& ctx) {
  float sum;
  ctx.kernels.sum_squares(x, &sum, 1, n, 1, 1);
  return std::isfinite(sum) ? sum : sum_squares_exactly(n, [=](int64_t i) { return x[i]; });
}

// The same of g + w * coefficient, rounded after either operation.
double sum_squares(const float* g, const float* w, float coefficient, int64_t n, Context& ctx) {
  float sum;
  ctx.kernels.penalized_squares(g, w, coefficient, &sum, n);
  if (std::isfinite(sum)) return sum;
  return sum_squares_exactly(n, [=](int64_t i) {
    const float penalty = w[i] * coefficient;
    return g[i] + penalty;
  });
}

float factor_of(double squares, double scale, double limit) {
  const double norm = std::fabs(scale) * std::sqrt(squares);
  if (!std::isfinite(norm)) return std::nanf("");
  return norm > limit ? static_cast<float>(limit / norm) : 1.0f;
}

// One of the blocks into which all gradients are cut, one gradient after the other.
struct Block {
  const float* g;
  const float* w;            // nullptr without a penalty
  const float* coefficient;  // its
  int64_t n;
};

// Calls f(i, block) for the blocks [begin, end), i being a block's number; those of a gradient from the last to the first,
// since the last ones were written last and may still be in the cache.
template <class F>
void for_each_block(const OpArgs& a, int64_t begin, int64_t end, F f) {
  const int gradients = gradients_of(a);
  int64_t first = 0;  // of this gradient's blocks
  int penalty = 0;    // the next one
  for (int i = 0; i < gradients && first < end; i++) {
    const bool has_penalty = penalty < penalties_of(a) && a.attrs[kFirstPenalty + penalty] == i;
    const View* const parameter = has_penalty ? a.in + gradients + 2 * penalty++ : nullptr;
    const int64_t count = blocks_of(a.in[i]), size = a.in[i].size();
    for (int64_t b = (end - first < count ? end - first : count) - 1; b >= 0 && first + b >= begin; b--) {
      const int64_t from = b * kBlock, n = size - from < kBlock ? size - from : kBlock;
      const float* const w = has_penalty ? parameter[0].f32() + from : nullptr;
      f(first + b, Block{a.in[i].f32() + from, w, has_penalty ? parameter[1].f32() : nullptr, n});
    }
    first += count;
  }
}

void write_factors(const OpArgs& a, const double* sum) {
  const View& factors = a.out[0];
  const int gradients = gradients_of(a);
  const bool each = factors.size() == gradients;
  double total = 0;
  for (int i = 0; i < gradients; i++) {
    if (each) total = 0;
    for (const double* const end = sum + blocks_of(a.in[i]); sum < end; sum++) total += *sum;
    if (each) factors.f32()[i] = factor_of(total, a.attrs[1], a.attrs[2]);
  }
  if (!each) factors.f32()[0] = factor_of(total, a.attrs[1], a.attrs[2]);
}

void write_squares(const OpArgs& a, const float* sums, Context& ctx) {
  int gradient = 0;
  for (int i = 1; i < a.outs; i++) {
    for (; gradient < a.attr_int(kFirstPenalty + i - 1); gradient++) sums += blocks_of(a.in[gradient]);
    const int64_t blocks = blocks_of(a.in[gradient]);
    if (blocks == 0)
      a.out[i].f32()[0] = 0;
    else
      reduce(sums, a.out[i].f32(), {1, blocks, 1}, ctx.kernels.reduce_sum, ctx.kernels.reduce_sum, ctx);
  }
}

int64_t all_blocks(const OpArgs& a) {
  int64_t blocks = 0;
  for (int i = 0; i < gradients_of(a); i++) blocks += blocks_of(a.in[i]);
  return blocks;
}

ScratchSize factors_scratch(const OpArgs& a, const Context&) {
  int64_t bytes = scratch_bytes<double>(all_blocks(a)) + scratch_bytes<float>(all_blocks(a));
  for (int i = 1; i < a.outs; i++) {
    const int64_t blocks = blocks_of(a.in[a.attr_int(kFirstPenalty + i - 1)]);
    bytes += reduce_scratch<float>({1, blocks, 1});
  }
  return {bytes};
}

const char* run_factors(const OpArgs& a, Context& ctx) {
  const bool apply = a.attr_int(0) != 0;
  if (!apply)
    for (int64_t i = 0; i < a.out[0].size(); i++) a.out[0].f32()[i] = 1;
  if (!apply && a.outs == 1) return nullptr;
  const int64_t blocks = all_blocks(a);
  double* const sums = ctx.shared<double>(blocks);
  float* const squares = ctx.shared<float>(blocks);  // of parameters with a penalty
  ctx.for_range(blocks, kGrain / kBlock, [&](int64_t begin, int64_t end) {
    for_each_block(a, begin, end, [&](int64_t i, const Block& block) {
      const auto [g, w, coefficient, n] = block;
      if (w != nullptr && a.outs > 1) ctx.kernels.sum_squares(w, squares + i, 1, n, 1, 1);
      if (apply) sums[i] = w == nullptr ? sum_squares(g, n, ctx) : sum_squares(g, w, *coefficient, n, ctx);
    });
  });
  if (apply) write_factors(a, sums);
  write_squares(a, squares, ctx);
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
  ctx.for_range(a.in[0].size(), 2 * kGrain, [&](int64_t begin, int64_t end) {
    std::memcpy(a.in[0].f32() + begin, a.in[1].f32() + begin,
                static_cast<size_t>(end - begin) * sizeof(float));
  });
  return nullptr;
}

}  // namespace

extern const OpDef op_accumulateGradients{"accumulateGradients", check_accumulate, run_accumulate};
extern const OpDef op_clipFactors{"clipFactors", check_factors, run_factors, factors_scratch};
extern const OpDef op_assign{"assign", check_assign, run_assign};

}  // namespace myelin
