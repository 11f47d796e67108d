// Gradients on the way to an optimizer's update.
//   accumulateGradients  [total, g], ...: total = g if the attribute first is 1, else total + g
//   clipFactors          groups of one gradient, perhaps with penalties (gradient_groups.h) -> factors: by what to multiply
//                        gradients so that their norm does not pass a limit. One factor for each gradient; or a single one, from
//                        the norm over all. attrs apply, scale, limit, then what the groups need: scale multiplies the gradients
//                        before their norm is taken; with apply 0 the factors are 1.
//                        Outputs behind the factors, if there are any, one for each penalty: the parameter's sum of squares, as
//                        sumSquares has it, in every step
#include <cmath>
#include <cstring>

#include "gradient_groups.h"
#include "reduce_blocks.h"
#include "words.h"

namespace myelin {
namespace {

constexpr int64_t kGrain = 32768;  // elements that are worth a thread
constexpr int64_t kBlock = kRowBlock;
constexpr int kScaled = 3;  // the first attribute of the groups

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

GradientGroups groups_of(const OpArgs& a) { return {a, kScaled, 1}; }

const char* check_factors(const OpArgs& a) {
  if (a.outs < 1 || a.attr_count <= kScaled)
    return "expects gradients, their factors, and apply, scale, limit, scaled";
  if (!whole_attr(a, 0, 0, 1)) return "apply must be 0 or 1";
  if (!std::isfinite(a.attrs[1])) return "scale must be finite";
  if (!(a.attrs[2] > 0) || !std::isfinite(a.attrs[2])) return "limit must be positive";
  for (int i = 0; i < a.ins; i++)
    if (!a.in[i].is_float()) return "gradients must be float32";
  const GradientGroups groups = groups_of(a);
  if (const char* wrong = groups.check()) return wrong;
  if (groups.factors() != nullptr) return "takes no factors";
  if (a.outs != 1 && a.outs != 1 + groups.penalties) return "expects a sum of squares for each penalty, or none";
  if (!a.out[0].is_float()) return "the factors must be float32";
  if (a.out[0].size() != 1 && a.out[0].size() != groups.count)
    return "expects one factor, or one for each gradient";
  for (int i = 1; i < a.outs; i++)
    if (!a.out[i].is_float() || a.out[i].size() != 1) return "a sum of squares must be one float32";
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

// The sum of squares of g + w * coefficient, rounded after either operation.
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
void for_each_block(const GradientGroups& groups, int64_t begin, int64_t end, F f) {
  int64_t first = 0;  // of this gradient's blocks
  int next = 0;       // penalty
  for (int i = 0; i < groups.count && first < end; i++) {
    const View& gradient = groups.gradient(i);
    const auto [parameter, coefficient] = groups.penalty_of(i, &next);
    const bool penalized = parameter != nullptr;
    const int64_t count = blocks_of(gradient), size = gradient.size();
    for (int64_t b = (end - first < count ? end - first : count) - 1; b >= 0 && first + b >= begin; b--) {
      const int64_t from = b * kBlock, n = size - from < kBlock ? size - from : kBlock;
      const float* const w = penalized ? parameter->f32() + from : nullptr;
      f(first + b, Block{gradient.f32() + from, w, penalized ? coefficient->f32() : nullptr, n});
    }
    first += count;
  }
}

void write_factors(const OpArgs& a, const GradientGroups& groups, const double* sum) {
  const View& factors = a.out[0];
  const bool each = factors.size() == groups.count;
  double total = 0;
  for (int i = 0; i < groups.count; i++) {
    if (each) total = 0;
    for (const double* const end = sum + blocks_of(groups.gradient(i)); sum < end; sum++) total += *sum;
    if (each) factors.f32()[i] = factor_of(total, a.attrs[1], a.attrs[2]);
  }
  if (!each) factors.f32()[0] = factor_of(total, a.attrs[1], a.attrs[2]);
}

void write_squares(const OpArgs& a, const GradientGroups& groups, const float* sums, Context& ctx) {
  int gradient = 0;
  for (int k = 0; k < a.outs - 1; k++) {
    for (; gradient < groups.group_of(k); gradient++) sums += blocks_of(groups.gradient(gradient));
    float* const out = a.out[1 + k].f32();
    const int64_t blocks = blocks_of(groups.gradient(gradient));
    if (blocks == 0)
      out[0] = 0;
    else
      reduce(sums, out, {1, blocks, 1}, ctx.kernels.reduce_sum, ctx.kernels.reduce_sum, ctx);
  }
}

int64_t all_blocks(const GradientGroups& groups) {
  int64_t blocks = 0;
  for (int i = 0; i < groups.count; i++) blocks += blocks_of(groups.gradient(i));
  return blocks;
}

ScratchSize factors_scratch(const OpArgs& a, const Context&) {
  const GradientGroups groups = groups_of(a);
  int64_t bytes = scratch_bytes<double>(all_blocks(groups)) + scratch_bytes<float>(all_blocks(groups));
  for (int k = 0; k < a.outs - 1; k++) {
    const int64_t blocks = blocks_of(groups.gradient(groups.group_of(k)));
    bytes += reduce_scratch<float>({1, blocks, 1});
  }
  return {bytes};
}

const char* run_factors(const OpArgs& a, Context& ctx) {
  const bool apply = a.attr_int(0) != 0;
  if (!apply)
    for (int64_t i = 0; i < a.out[0].size(); i++) a.out[0].f32()[i] = 1;
  if (!apply && a.outs == 1) return nullptr;
  const GradientGroups groups = groups_of(a);
  const int64_t blocks = all_blocks(groups);
  double* const sums = ctx.shared<double>(blocks);
  float* const squares = ctx.shared<float>(blocks);  // of parameters with a penalty
  ctx.for_range(blocks, kGrain / kBlock, [&](int64_t begin, int64_t end) {
    for_each_block(groups, begin, end, [&](int64_t i, const Block& block) {
      const auto [g, w, coefficient, n] = block;
      if (w != nullptr && a.outs > 1) ctx.kernels.sum_squares(w, squares + i, 1, n, 1, 1);
      if (apply) sums[i] = w == nullptr ? sum_squares(g, n, ctx) : sum_squares(g, w, *coefficient, n, ctx);
    });
  });
  if (apply) write_factors(a, groups, sums);
  write_squares(a, groups, squares, ctx);
  return nullptr;
}

}  // namespace

extern const OpDef op_accumulateGradients{"accumulateGradients", check_accumulate, run_accumulate};
extern const OpDef op_clipFactors{"clipFactors", check_factors, run_factors, factors_scratch};

}  // namespace myelin
